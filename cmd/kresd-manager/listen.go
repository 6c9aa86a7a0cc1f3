// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/config"
)

// doors are the listeners that the API is served on. The installed service gets
// them from systemd: its sandbox has no network, and an open listener is all that
// it needs.
type doors struct {
	network   bool // there is no sandbox, as with --transient
	listeners []net.Listener
	passed    int // how many of them came from systemd
	serving   atomic.Bool
}

// newDoors takes over what systemd has passed.
func newDoors(passed []net.Listener) *doors {
	d := &doors{}
	for _, l := range passed {
		if l == nil {
			continue // not a stream socket
		}
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false) // it belongs to the socket unit
		}
		d.listeners = append(d.listeners, l)
	}
	d.passed = len(d.listeners)
	return d
}

// activated reports whether systemd listens on all of them, so that a request
// starts the manager if it is not there.
func (d *doors) activated() bool { return d.passed > 0 && d.passed == len(d.listeners) }

// knocked reports whether somebody waits to be accepted: a request has started
// this manager.
func (d *doors) knocked() bool {
	return slices.ContainsFunc(d.listeners, func(l net.Listener) bool {
		s, ok := l.(syscall.Conn)
		if !ok {
			return false
		}
		raw, err := s.SyscallConn()
		if err != nil {
			return false
		}
		ready := 0
		_ = raw.Control(func(fd uintptr) {
			ready, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		})
		return ready > 0
	})
}

// check refuses what a running configuration would say of the API and what
// cannot be had. The error is [config.Problems].
func (d *doors) check(m config.Management) error {
	var found config.Problems
	problem := func(pointer, message, hint string) {
		found = append(found, config.Problem{Pointer: pointer, Severity: config.SeverityError, Message: message, Hint: hint})
	}
	stays := func(pointer string, to any) {
		problem(pointer, fmt.Sprintf("the manager serves %s for as long as it runs and cannot change to %s", d, to),
			"write it into the file and restart kresd-manager; no worker notices")
	}
	if m.Interface.Addr.IsValid() && !d.has(listensOn(m.Interface)) {
		switch {
		case !d.network:
			problem("/management/interface",
				fmt.Sprintf("systemd has passed no listener for %s, and the manager has no network of its own", m.Interface), dropIn(m.Interface))
		case d.serving.Load():
			stays("/management/interface", m.Interface)
		}
	}
	if d.serving.Load() && m.UnixSocket != "" && !d.has(m.UnixSocket) {
		stays("/management/unix-socket", m.UnixSocket)
	}
	return found.Errors()
}

// open makes sure that the configured listeners are there.
func (d *doors) open(running *config.Running) error {
	if running.Fault != nil {
		return running.Fault
	}
	if err := d.check(running.Management); err != nil {
		return err
	}
	if path := running.Management.UnixSocket; path != "" && !d.has(path) {
		l, err := listenUnix(path)
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w", path, err)
		}
		d.listeners = append(d.listeners, l)
	}
	if at := running.Management.Interface; at.Addr.IsValid() && !d.has(listensOn(at)) {
		l, err := net.Listen("tcp", listensOn(at))
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w", at, err)
		}
		d.listeners = append(d.listeners, l)
	}
	d.serving.Store(true)
	return nil
}

func (d *doors) has(address string) bool {
	return slices.ContainsFunc(d.listeners, func(l net.Listener) bool { return l.Addr().String() == address })
}

// String lists the addresses.
func (d *doors) String() string {
	text := ""
	for i, l := range d.listeners {
		if i > 0 {
			text += " and "
		}
		text += l.Addr().String()
	}
	return text
}

// listenUnix opens a socket that the group may use.
func listenUnix(path string) (net.Listener, error) {
	// What a manager that was killed left behind; a living one holds the lock
	// of the run directory.
	switch st, err := os.Lstat(path); {
	case err == nil && st.Mode()&fs.ModeSocket == 0:
		return nil, errors.New("there is a file that is no socket")
	case err == nil:
		err = os.Remove(path)
		fallthrough
	default:
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := openToGroup(path); err != nil {
		l.Close()
		return nil, fmt.Errorf("cannot let the group use it: %w", err)
	}
	return l, nil
}

// openToGroup changes the mode of a socket of ours by descriptor. By path, whoever
// can write in the directory could have the mode of another file of ours changed.
func openToGroup(path string) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK || int(st.Uid) != os.Geteuid() {
		return errors.New("something else was put in its place")
	}
	// fchmod(2) takes no descriptor that was opened with O_PATH; the link in /proc
	// leads to what is open and to nothing else (proc(5)).
	return unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), 0o660)
}

// listensOn is an address as its listener names it.
func listensOn(at config.AddrPort) string {
	return netip.AddrPortFrom(at.Addr.Unmap(), at.Port).String()
}

// dropIn tells an administrator how systemd is made to pass a listener.
func dropIn(at config.AddrPort) string {
	const dir = "/etc/systemd/system/kresd-manager.socket.d"
	lines := "echo [Socket]; echo ListenStream=" + listensOn(at)
	if !at.Addr.IsLoopback() {
		lines += "; echo FreeBind=yes" // sockets are opened before the network is up
	}
	// Without quotes and backslashes, which the log would escape.
	return fmt.Sprintf("mkdir -p %s && (%s) >%s/interface.conf && systemctl daemon-reload && "+
		"systemctl restart kresd-manager.socket kresd-manager.service", dir, lines, dir)
}
