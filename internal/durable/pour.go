// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a reader of a FIFO may take nothing. A variable for tests.
var patience = 30 * time.Second

// pour writes to what is no regular file.
func (p *place) pour(text []byte, terminal func([]byte) []byte) error {
	switch p.stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return unix.EISDIR
	case unix.S_IFBLK:
		return errors.New("is a block device")
	case unix.S_IFSOCK:
		return errors.New("is a socket")
	case unix.S_IFIFO:
		if err := p.mayWrite(); err != nil {
			return err
		}
	}
	f, err := p.open(unix.O_WRONLY)
	if errors.Is(err, unix.ENXIO) {
		return errors.New("no one reads from it")
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	text = shown(f, text, terminal)
	for len(text) > 0 {
		part := text[:min(len(text), 4<<10)]             // PIPE_BUF: whole, or not yet
		_ = f.SetWriteDeadline(time.Now().Add(patience)) // a device may have none
		_, err := f.Write(part)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("no one has read from it for %v", patience)
		}
		if err != nil {
			return bare(err)
		}
		text = text[len(part):]
	}
	return nil
}

// pourOwn writes to what this process has open already. To open it once more
// would begin at the start of a file that is appended to, and fail for a socket.
func (p *place) pourOwn(text []byte, terminal func([]byte) []byte) error {
	fd, err := unix.FcntlInt(uintptr(p.own), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), p.path)
	defer func() { _ = f.Close() }()
	_, err = f.Write(shown(f, text, terminal))
	return bare(err)
}

// shown is what to write to a file, which may be a terminal.
func shown(f *os.File, text []byte, terminal func([]byte) []byte) []byte {
	if terminal == nil {
		return text
	}
	c, err := f.SyscallConn() // Fd would make it wait
	if err != nil {
		return text
	}
	is := false
	_ = c.Control(func(fd uintptr) {
		_, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		is = err == nil
	})
	if is {
		return terminal(text)
	}
	return text
}
