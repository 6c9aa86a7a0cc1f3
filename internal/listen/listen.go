// SPDX-License-Identifier: Apache-2.0

// Package listen has the listeners that the API is served on: those that systemd
// has passed, and those that the manager opens itself, at its start and again when
// one has lost its path. What is served on them is left to others.
package listen

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Set are the listeners that the API is served on. The installed service gets them
// from systemd: its sandbox has no network, and an open listener is all that it
// needs. A Set is safe for concurrent use.
type Set struct {
	network bool

	mu        sync.Mutex
	listeners []net.Listener // those of systemd first
	passed    int            // how many of them came from systemd
	tried     []net.Listener // what a configuration asked for that is not in force yet
	opened    bool           // what is configured is there, and stays
	serve     func(net.Listener)
}

// New takes over what systemd has passed (sd_listen_fds(3)), but not a socket that
// someone has removed: no one can reach the manager there. Open opens one then, if
// the configuration says so. With network the manager may listen over TCP itself,
// as without a sandbox.
func New(passed []net.Listener, network bool) *Set {
	s := &Set{network: network}
	for _, l := range passed {
		if l == nil {
			continue // not a stream socket
		}
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false) // it belongs to the socket unit
			if removed(u) {
				u.Close()
				continue
			}
		}
		s.listeners = append(s.listeners, l)
	}
	s.passed = len(s.listeners)
	return s
}

// Activated reports whether systemd listens on all of them, so that a request
// starts the manager if it is not there.
func (s *Set) Activated() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passed > 0 && s.passed == len(s.listeners)
}

// Passed reports whether systemd has passed any.
func (s *Set) Passed() bool { return s.passed > 0 } // which does not change

// Knocked reports whether someone waits to be accepted: a request has started
// this manager.
func (s *Set) Knocked() bool { return slices.ContainsFunc(s.all(), waits) }

// waits reports whether someone waits at a listener (poll(2)).
func waits(l net.Listener) bool {
	c, ok := l.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	ready := 0
	_ = raw.Control(func(fd uintptr) {
		ready, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	})
	return ready > 0
}

// Paths are those of the unix sockets among them.
func (s *Set) Paths() []string {
	var paths []string
	for _, l := range s.all() {
		if path := l.Addr().String(); l.Addr().Network() == "unix" && filepath.IsAbs(path) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// addressesLocked lists the addresses for people.
func (s *Set) addressesLocked() string {
	var all []string
	for _, l := range s.listeners {
		if a := l.Addr().String(); !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return strings.Join(all, " and ")
}

func (s *Set) all() []net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listeners)
}

func contains(all []net.Listener, address string) bool {
	return slices.ContainsFunc(all, func(l net.Listener) bool { return l.Addr().String() == address })
}
