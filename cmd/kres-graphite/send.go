// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	// sendTime bounds one message, from looking the server up to the last byte.
	sendTime = 10 * time.Second
	// longestPause is how long a server that does not answer is left alone at
	// most, unless the interval is longer.
	longestPause = time.Minute
	// maxDatagram is how many bytes of lines go in one datagram: it fits into
	// every usual frame.
	maxDatagram = 1400
)

// sender sends what it reads. A message that cannot be sent is dropped, not
// kept: the counters of the next one have its news.
type sender struct {
	read     func(context.Context) ([]byte, error) // text of Prometheus
	network  string                                // "tcp" or "udp"
	address  string
	prefix   string // "" or with its dot
	interval time.Duration
	log      io.Writer

	failing string // what was last told to go wrong, "" if nothing
}

// run sends until the context ends. After failures the pauses get longer.
func (s *sender) run(ctx context.Context) {
	pause := s.interval
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		err := s.once(ctx)
		if ctx.Err() != nil {
			return
		}
		s.tell(err)
		if err == nil {
			pause = s.interval
		} else {
			pause = max(s.interval, min(2*pause, longestPause))
		}
		next.Reset(pause)
	}
}

// tell logs when it begins to fail, fails in another way, or works again.
func (s *sender) tell(err error) {
	failing := ""
	if err != nil {
		failing = err.Error()
	}
	if failing == s.failing {
		return
	}
	s.failing = failing
	if err != nil {
		fmt.Fprintf(s.log, "%v\n", err)
	} else {
		fmt.Fprintf(s.log, "sending to %s over %s again\n", s.address, s.network)
	}
}

// once reads and sends one message, over a connection of its own: one that
// stays open notices a server that has gone only after a message was lost.
func (s *sender) once(ctx context.Context) error {
	text, err := s.read(ctx)
	if err != nil {
		return fmt.Errorf("cannot get metrics: %w", err)
	}
	message := lines(text, s.prefix, time.Now())
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, s.network, s.address)
	if err != nil {
		return fmt.Errorf("cannot reach %s over %s: %w", s.address, s.network, cause(err))
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for _, part := range s.parts(message) {
		if _, err := conn.Write(part); err != nil {
			return fmt.Errorf("cannot send to %s over %s: %w", s.address, s.network, cause(err))
		}
	}
	return nil
}

// cause leaves out of an error what is reported already, and the port of our end,
// which would make every failure another one.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// parts cuts a message into what is written at once: all of it, or datagrams
// of whole lines.
func (s *sender) parts(message []byte) [][]byte {
	if s.network == "tcp" {
		return [][]byte{message}
	}
	var parts [][]byte
	for len(message) > 0 {
		end := len(message)
		if end > maxDatagram {
			end = bytes.LastIndexByte(message[:maxDatagram], '\n') + 1
			if end == 0 { // one line that is longer
				end = bytes.IndexByte(message, '\n') + 1
			}
		}
		parts = append(parts, message[:end])
		message = message[end:]
	}
	return parts
}
