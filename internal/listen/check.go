// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"fmt"

	"kresd-manager/internal/config"
)

// Check refuses what a running configuration would say of the API and what
// cannot be had. Before Open it opens what is not there yet: a configuration whose
// socket cannot be had is refused before it is in force, and so before it is on
// record as what runs. The error is [config.Problems].
func (s *Set) Check(m config.Management) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checkLocked(m)
}

func (s *Set) checkLocked(m config.Management) error {
	var found config.Problems
	problem := func(pointer, message, hint string) {
		found = append(found, config.Problem{Pointer: pointer, Severity: config.SeverityError, Message: message, Hint: hint})
	}
	want := func(pointer, network, address string, to any) {
		switch {
		case contains(s.listeners, address):
		case network == "tcp" && !s.network:
			problem(pointer, fmt.Sprintf("systemd has passed no listener for %s, and the manager has no network of its own", to), dropIn(m.Interface))
		case s.opened:
			problem(pointer, fmt.Sprintf("the manager serves %s for as long as it runs and cannot change to %s", s.addressesLocked(), to),
				"write it into the file and restart kresd-manager; no worker notices")
		default:
			if err := s.tryLocked(network, address); err != nil {
				problem(pointer, fmt.Sprintf("cannot listen on %s: %v", to, plain(err)), "correct it in the file and restart kresd-manager")
			}
		}
	}
	if m.Interface.Addr.IsValid() {
		want("/management/interface", "tcp", listensOn(m.Interface), m.Interface)
	}
	if m.UnixSocket != "" {
		want("/management/unix-socket", "unix", m.UnixSocket, m.UnixSocket)
	}
	return found.Errors()
}

// tryLocked opens a listener for a configuration that may come into force.
func (s *Set) tryLocked(network, address string) error {
	if contains(s.tried, address) {
		return nil
	}
	l, err := open(network, address)
	if err != nil {
		return err
	}
	s.tried = append(s.tried, l)
	return nil
}

// Open makes sure that the listeners of a configuration are there, and closes what
// others asked for that did not come into force. From then on the set stays as it
// is.
func (s *Set) Open(running *config.Running) error {
	if running.Fault != nil {
		return running.Fault
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkLocked(running.Management); err != nil {
		return err
	}
	for _, l := range s.tried {
		if a := l.Addr().String(); a == running.Management.UnixSocket || a == listensOn(running.Management.Interface) {
			s.listeners = append(s.listeners, l)
		} else if err := l.Close(); err != nil {
			return fmt.Errorf("cannot close %s: %w", a, err)
		}
	}
	s.tried, s.opened = nil, true
	return nil
}

// Close closes what is left of a start that failed, sockets of ours with it. Those
// that are served, their server closes.
func (s *Set) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.tried {
		_ = l.Close() // nothing was sent over it
	}
	s.tried = nil
}
