// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// maxConnections bounds the connections open at a time; beyond, queries are left out.
const maxConnections = 4096

// runStream opens a connection for each query.
func (t *target) runStream(ctx context.Context) ([]*tally, time.Duration, error) {
	factory, err := newFactory(t.Enter)
	if err != nil {
		return nil, 0, err
	}
	defer factory.close()
	var (
		mutex   sync.Mutex
		all     tally
		queries sync.WaitGroup
		slots   = make(chan struct{}, maxConnections)
		start   = time.Now()
	)
	took := t.pace(ctx, start, func(number int) {
		select {
		case slots <- struct{}{}:
		default:
			return
		}
		queries.Go(func() {
			defer func() { <-slots }()
			at := time.Since(start)
			what := t.exchange(factory, uint16(number))
			took := time.Since(start) - at
			mutex.Lock()
			defer mutex.Unlock()
			all.add(what, at, took, t.Timeout)
		})
	})
	queries.Wait()
	return []*tally{&all}, took, nil
}

// exchange makes a connection, asks once and closes it.
func (t *target) exchange(factory *factory, id uint16) outcome {
	deadline := time.Now().Add(t.Timeout)
	conn, err := factory.dialTCP(t.addr, deadline)
	if err != nil {
		return failed(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return refused
	}
	if t.Mode == TLS {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"dot"}})
	}
	message, err := t.ask(conn, id)
	switch {
	case err != nil:
		return failed(err)
	case binary.BigEndian.Uint16(message) != id || !t.rightAnswer(message):
		return wrong
	}
	return answered
}

// ask sends the query and reads a message, each after its length (RFC 1035, section
// 4.2.2).
func (t *target) ask(conn net.Conn, id uint16) ([]byte, error) {
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(t.query)))
	framed = binary.BigEndian.AppendUint16(framed, id)
	framed = append(framed, t.query[2:]...)
	if _, err := conn.Write(framed); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, max(2, binary.BigEndian.Uint16(length[:])))
	_, err := io.ReadFull(conn, message)
	return message, err
}

// failed tells a query without an answer in time from a broken connection.
func failed(err error) outcome {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return lost
	}
	return refused
}
