// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"encoding/binary"
	"errors"
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
			what := t.exchange(factory, number)
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
func (t *target) exchange(factory *factory, number int) outcome {
	if t.Mode == DoQ {
		return t.exchangeQUIC(factory, number)
	}
	deadline := time.Now().Add(t.Timeout)
	conn, err := factory.dialTCP(t.addr, deadline)
	if err != nil {
		return failed(err)
	}
	if conn, err = t.secured(conn); err != nil {
		return failed(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return refused
	}
	id := uint16(number)
	query := t.message(id, number)
	message, err := t.ask(conn, query)
	return t.judge(id, message, err)
}

// judge tells what became of a query.
func (t *target) judge(id uint16, message []byte, err error) outcome {
	switch {
	case err != nil:
		return failed(err)
	case len(message) < headerSize || binary.BigEndian.Uint16(message) != id || !t.rightAnswer(message):
		return wrong
	}
	return answered
}

// ask sends the query and reads a message.
func (t *target) ask(conn net.Conn, query []byte) ([]byte, error) {
	if t.Mode == DoH {
		client, err := t.http(conn)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		return postQuery(context.Background(), client.RoundTrip, t.addr.String(), query)
	}
	w := streamWire{conn}
	if err := w.send(query); err != nil {
		return nil, err
	}
	return w.receive()
}

// failed tells a query without an answer in time from a broken connection.
func failed(err error) outcome {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errSilent) {
		return lost
	}
	return refused
}
