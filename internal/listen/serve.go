// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"fmt"
	"net"
	"slices"

	"kresd-manager/units"
)

// Serve has all listeners served, each by a call of serve in a goroutine, and those
// that are opened later as well. serve returns when its listener, or the server, has
// ended. Call it once, after Open.
func (s *Set) Serve(serve func(net.Listener)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve = serve
	for _, l := range s.listeners {
		go serve(l)
	}
}

// Reopen opens those of the lost sockets again that the manager has opened itself,
// and has them served. What is left of the losses is not in its hands: directories,
// and sockets that systemd has passed, which could start no manager any more if
// another one took their place. The old listener is kept to the end: who has
// connected to it stays so.
func (s *Set) Reopen(lost []units.Loss) (opened []string, left []units.Loss, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range lost {
		if !l.Socket || s.bySystemdLocked(l.Path) {
			left = append(left, l)
			continue
		}
		again, err := open("unix", l.Path)
		if err != nil {
			return opened, left, fmt.Errorf("cannot listen on %s again: %w", l.Path, plain(err))
		}
		s.listeners = append(s.listeners, again)
		opened = append(opened, l.Path)
		if s.serve != nil {
			go s.serve(again)
		}
	}
	return opened, left, nil
}

// bySystemdLocked reports whether systemd has passed the socket with this path.
func (s *Set) bySystemdLocked(path string) bool {
	return slices.ContainsFunc(s.listeners[:s.passed], func(l net.Listener) bool {
		return l.Addr().Network() == "unix" && l.Addr().String() == path
	})
}
