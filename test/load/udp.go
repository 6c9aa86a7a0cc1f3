// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// source is a connected UDP socket and its queries. The sender writes to it, a goroutine
// of its own reads.
type source struct {
	fd   int
	file *os.File // owns fd
	next uint16   // id of the next query; the sender's
	// pending is the time a query was sent, by its id, in nanoseconds since the start plus
	// one; zero when there is none.
	pending [1 << 16]atomic.Int64
	open    atomic.Int64 // number of pending queries
	// overrun collects what the sender finds lost: queries whose id comes round again.
	overrun  tally
	received tally
	// failing tells the reader that the sender met an error, to be found in the queue.
	failing atomic.Bool
}

// runUDP sends from all sources in turn.
func (t *target) runUDP(ctx context.Context) ([]*tally, time.Duration, error) {
	sources, err := t.openSources()
	defer func() {
		for _, s := range sources {
			s.file.Close()
		}
	}()
	if err != nil {
		return nil, 0, err
	}
	start := time.Now()
	var readers sync.WaitGroup
	failures := make([]error, len(sources))
	for i, s := range sources {
		readers.Go(func() { failures[i] = s.read(t, start) })
	}
	query := append([]byte(nil), t.query...)
	took := t.pace(ctx, start, func(number int) {
		sources[number%len(sources)].send(t, query, number, start)
	})
	awaitAnswers(sources, t.Timeout)
	var tallies []*tally
	for _, s := range sources {
		_ = s.file.SetReadDeadline(time.Unix(1, 0)) // ends the reader
	}
	readers.Wait()
	for _, s := range sources {
		s.expire(t.Timeout)
		tallies = append(tallies, &s.overrun, &s.received)
	}
	return tallies, took, errors.Join(failures...)
}

func (t *target) openSources() ([]*source, error) {
	factory, err := newFactory(t.Enter)
	if err != nil {
		return nil, err
	}
	defer factory.close()
	var sources []*source
	for range t.Sources {
		fd, err := factory.socket(unix.SOCK_DGRAM, t.addr.Addr())
		if err != nil {
			return sources, err
		}
		// Our own queue must not be what loses an answer; not everyone may force the size.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20)
		// Refusals are queued with the query they are about, instead of one error flag.
		level, option := unix.SOL_IP, unix.IP_RECVERR
		if t.addr.Addr().Is6() {
			level, option = unix.SOL_IPV6, unix.IPV6_RECVERR
		}
		err = unix.SetsockoptInt(fd, level, option, 1)
		if err == nil {
			err = unix.Connect(fd, sockaddr(t.addr))
		}
		if err != nil {
			unix.Close(fd)
			return sources, fmt.Errorf("cannot prepare a socket: %w", err)
		}
		sources = append(sources, &source{fd: fd, file: os.NewFile(uintptr(fd), "udp")})
	}
	return sources, nil
}

// send sends one query. It is called by one goroutine.
func (s *source) send(t *target, query []byte, number int, start time.Time) {
	id := s.next
	s.next++
	t.prepare(query, id, number)
	sent := int64(time.Since(start)) + 1
	if old := s.pending[id].Swap(sent); old != 0 {
		s.overrun.add(lost, time.Duration(old-1), 0, t.Timeout)
	} else {
		s.open.Add(1)
	}
	for range 100 {
		_, err := unix.Write(s.fd, query)
		switch {
		case err == nil:
			return
		case errors.Is(err, unix.ECONNREFUSED):
			// An earlier query's refusal; this one has not been sent.
			s.failing.Store(true)
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ENOBUFS):
			time.Sleep(50 * time.Microsecond)
		}
	}
	// Never sent, so it does not count.
	if s.pending[id].CompareAndSwap(sent, 0) {
		s.open.Add(-1)
	}
}

// read takes answers and refusals from the socket until its read deadline.
func (s *source) read(t *target, start time.Time) error {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	buffer := make([]byte, 4096)
	err = raw.Read(func(uintptr) bool {
		for {
			n, err := unix.Read(s.fd, buffer)
			switch {
			case err == nil:
				s.take(t, buffer[:n], time.Since(start))
			case errors.Is(err, unix.EINTR):
			case errors.Is(err, unix.ECONNREFUSED):
				s.takeRefusals(t, buffer)
			default: // empty
				if s.failing.Swap(false) {
					s.takeRefusals(t, buffer)
				}
				return false
			}
		}
	})
	s.takeRefusals(t, buffer)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("cannot read answers: %w", err)
	}
	return nil
}

// take accounts for an answer.
func (s *source) take(t *target, message []byte, now time.Duration) {
	sent := s.claim(message)
	if sent < 0 {
		s.received.stray++
		return
	}
	what := wrong
	if t.rightAnswer(message) {
		what = answered
	}
	s.received.add(what, sent, now-sent, t.Timeout)
}

// takeRefusals accounts for the queries in the socket's error queue, which holds each
// as it was sent (ip(7), IP_RECVERR).
func (s *source) takeRefusals(t *target, buffer []byte) {
	for {
		n, _, _, _, err := unix.Recvmsg(s.fd, buffer, nil, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		if sent := s.claim(buffer[:n]); sent >= 0 {
			s.received.add(refused, sent, 0, t.Timeout)
		}
	}
}

// claim returns when the query was sent that a message is about, and -1 if none is
// pending. No one else gets it then.
func (s *source) claim(message []byte) time.Duration {
	if len(message) < 2 {
		return -1
	}
	sent := s.pending[binary.BigEndian.Uint16(message)].Swap(0)
	if sent == 0 {
		return -1
	}
	s.open.Add(-1)
	return time.Duration(sent - 1)
}

// expire counts what is still pending as lost, when no one else uses the source any more.
func (s *source) expire(timeout time.Duration) {
	for id := range s.pending {
		if sent := s.pending[id].Load(); sent != 0 {
			s.received.add(lost, time.Duration(sent-1), 0, timeout)
		}
	}
}

// awaitAnswers waits until no query is pending, at most the timeout.
func awaitAnswers(sources []*source, timeout time.Duration) {
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		open := int64(0)
		for _, s := range sources {
			open += s.open.Load()
		}
		if open == 0 {
			return
		}
	}
}
