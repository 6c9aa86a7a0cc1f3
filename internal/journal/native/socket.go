// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/message"
)

// Path is where journald takes entries (systemd-journald.service(8)).
const Path = "/run/systemd/journal/socket"

// Bounds of what waits for a journal that takes nothing.
const (
	maxWaiting      = 4096
	maxWaitingBytes = 2 << 20
)

// Pauses between two attempts to send what waits, doubled each time.
const (
	firstPause   = 5 * time.Millisecond
	longestPause = 500 * time.Millisecond
)

// Socket sends entries to the journal. It never waits: while the journal takes
// nothing, because it is being restarted or has much to do, entries wait in a queue
// with bounds, and what finds no room there is counted and told later. It is safe for
// concurrent use.
//
// The journal package of go-systemd waits until there is room, and its socket, which
// is connected to no one, may not be told that there is again (unix_dgram_poll in the
// kernel's net/unix/af_unix.c): the writer would hang.
type Socket struct {
	fd int
	to unix.Sockaddr

	mu      sync.Mutex
	waiting [][]byte // oldest first
	bytes   int
	lost    int
	sending bool
	idle    *sync.Cond // waiting is empty
}

// Open returns a socket to the journal at a path. The error tells that nothing takes
// entries there.
func Open(path string) (*Socket, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot make a socket for the journal: %w", err)
	}
	to := &unix.SockaddrUnix{Name: path}
	probe, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err == nil {
		err = unix.Connect(probe, to)
		_ = unix.Close(probe)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("cannot reach the journal: %w", err)
	}
	s := &Socket{fd: fd, to: to}
	s.idle = sync.NewCond(&s.mu)
	return s, nil
}

// Send sends an entry, or has it wait. It does not keep the bytes.
func (s *Socket) Send(entry []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error = unix.EAGAIN
	if len(s.waiting) == 0 {
		err = s.send(entry)
	}
	switch {
	case err == nil:
		return
	case !later(err), len(s.waiting) >= maxWaiting, s.bytes+len(entry) > maxWaitingBytes:
		s.lost++
	default:
		s.waiting = append(s.waiting, bytes.Clone(entry))
		s.bytes += len(entry)
	}
	if !s.sending {
		s.sending = true
		go s.sendWaiting()
	}
}

// send tries once.
func (s *Socket) send(entry []byte) error {
	for {
		err := unix.Sendto(s.fd, entry, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, s.to)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// later reports whether it may help to try again: the journal's queue is full, or it
// is not there while it is being restarted.
func later(err error) bool {
	for _, e := range []error{unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM, unix.ECONNREFUSED, unix.ENOENT, unix.ECONNRESET} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// sendWaiting sends what waits until nothing does, and tells of what was lost.
func (s *Socket) sendWaiting() {
	pause := firstPause
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 || s.lost > 0 {
		entry := lostEntry(s.lost)
		if len(s.waiting) > 0 {
			entry = s.waiting[0]
		}
		err := s.send(entry)
		switch {
		case err != nil && later(err):
			s.mu.Unlock()
			time.Sleep(pause)
			pause = min(2*pause, longestPause)
			s.mu.Lock()
			continue
		case len(s.waiting) == 0:
			s.lost = 0
		default:
			s.bytes -= len(entry)
			s.waiting[0] = nil
			s.waiting = s.waiting[1:]
			if err != nil {
				s.lost++
			}
		}
		pause = firstPause
	}
	s.waiting, s.sending = nil, false
	s.idle.Broadcast()
}

func lostEntry(n int) []byte {
	var b bytes.Buffer
	field(&b, "MESSAGE", fmt.Sprintf("%d messages are lost, because the journal did not take them in time", n))
	field(&b, "PRIORITY", strconv.Itoa(int(warning)))
	field(&b, "SYSLOG_IDENTIFIER", identifier)
	field(&b, "MESSAGE_ID", string(message.MessagesLost))
	return b.Bytes()
}

// Flush waits until nothing waits any more or the context ends.
func (s *Socket) Flush(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.idle.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.sending && ctx.Err() == nil {
		s.idle.Wait()
	}
}
