// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// startKmsg makes a FIFO that becomes the machine's /dev/kmsg and copies what is written
// there to the console log, until the file returned is closed. Generators have no other
// place to complain: they run before the journal. The host's kernel log is no choice,
// since all machines would share it. A kept machine has no /dev/kmsg, for want of a
// reader that lives as long.
func (m *Machine) startKmsg(console string) (*os.File, error) {
	path := m.state.file("kmsg")
	if err := unix.Mkfifo(path, 0o644); err != nil {
		return nil, fmt.Errorf("cannot make a FIFO for kernel messages: %w", err)
	}
	// Opened for writing too, so that it neither blocks nor ends between two writers.
	fifo, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(console, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		fifo.Close()
		return nil, err
	}
	m.copied = make(chan struct{})
	go func() {
		defer close(m.copied)
		defer log.Close()
		_, _ = io.Copy(log, fifo)
	}()
	return fifo, nil
}

// Console returns what systemd and its generators wrote before the journal ran, and what
// was written to /dev/kmsg since. It is empty for a kept machine, and after Close.
func (m *Machine) Console() string {
	text, _ := os.ReadFile(m.state.file("console"))
	return string(text)
}
