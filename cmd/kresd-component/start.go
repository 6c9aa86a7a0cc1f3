// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

// announce tells systemd which command this is (sd_notify(3)). The component
// itself does not get to know the socket: what it says there would pass for it.
func announce(c units.Component) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if err := os.Unsetenv("NOTIFY_SOCKET"); err != nil {
		return err
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte("STATUS=" + units.ComponentStatus + c.Hash))
	return err
}

// replace makes this process the component.
func replace(c units.Component, stderr io.Writer) int {
	err := unix.Exec(c.Command[0], c.Command, os.Environ())
	fmt.Fprintf(stderr, "cannot start %s: %v\n", c.Command[0], err)
	return exitFailed
}

// marks are what is remembered of a component from one automatic restart to the
// next; systemd removes the directory when the unit stops. Without a directory
// every start is the first one.
type marks struct{ dir string }

// Marks.
const (
	running  = "running"   // it runs, or was killed together with this program
	stayedUp = "stayed-up" // it once stayed up
)

func (m marks) has(name string) bool {
	if m.dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(m.dir, name))
	return err == nil
}

func (m marks) put(name string) error {
	if m.dir == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(m.dir, name), nil, 0o600)
}

func (m marks) remove(name string) {
	if m.dir != "" {
		_ = os.Remove(filepath.Join(m.dir, name)) // it goes with the directory at the latest
	}
}

// keep runs the component as a child and passes the signals on that ask for an
// end or a reload.
func keep(c units.Component, m marks, trial time.Duration, stderr io.Writer) int {
	if m.has(running) {
		m.remove(running)
		if code := verdict(c, m.has(stayedUp), errKilled, stderr); code == exitFinal {
			return code
		}
	}
	if err := m.put(running); err != nil {
		fmt.Fprintf(stderr, "cannot remember that %s runs: %v\n", c.Name, err)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	cmd := exec.Command(c.Command[0], c.Command[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(stderr, "cannot start %s: %v\n", c.Command[0], err)
		m.remove(running)
		return exitFinal
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	settled := time.NewTimer(trial)
	defer settled.Stop()
	asked := false
	for {
		select {
		case sig := <-signals:
			if sig != unix.SIGHUP {
				asked = true
				m.remove(running)
			}
			_ = cmd.Process.Signal(sig) // it may have ended meanwhile
		case <-settled.C:
			if err := m.put(stayedUp); err != nil {
				fmt.Fprintf(stderr, "cannot remember that %s stayed up: %v\n", c.Name, err)
			}
		case err := <-ended:
			m.remove(running)
			if asked {
				return 0
			}
			return verdict(c, m.has(stayedUp), err, stderr)
		}
	}
}

// errKilled is the end of a component of which this program was no witness.
var errKilled = errors.New("killed")

// verdict says what the end of a component means.
func verdict(c units.Component, stayed bool, err error, stderr io.Writer) int {
	how := "with success"
	if err != nil {
		how = strings.TrimPrefix(err.Error(), "exit ")
	}
	if c.Kind == units.Core {
		fmt.Fprintf(stderr, "core component %s ended (%s)\n", c.Name, how)
		return exitFinal
	}
	if !stayed {
		fmt.Fprintf(stderr, "needed component %s ended (%s) within %d s of its first start\n", c.Name, how, units.Trial)
		return exitFinal
	}
	fmt.Fprintf(stderr, "needed component %s ended (%s) and is started again\n", c.Name, how)
	return exitFailed
}
