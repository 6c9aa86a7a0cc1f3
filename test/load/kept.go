// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"
)

// KeptConfig says what to send over connections that are kept.
type KeptConfig struct {
	// Config is as for [Run], but for Sources; its Mode is any but UDP, and its QPS
	// that of all connections together.
	Config
	// Connections is how many are open at a time, 20 if zero. One that ends is replaced.
	Connections int
	// Keepalive sends the option of RFC 7828 and leaves a connection when the server says
	// 0. TCP and TLS only.
	Keepalive bool
}

// KeptReport accounts for the queries on kept connections: Sent = Answered + Wrong + Late + Cut.
type KeptReport struct {
	Sent, Answered, Wrong int
	// Late counts queries without an answer within the timeout.
	Late int
	// Cut counts queries that were sent and not answered when their connection ended.
	Cut int
	// Closed counts connections that the server closed in an orderly way, Reset those that
	// it broke off; CutOn is on how many of both a query was cut.
	Closed, Reset, CutOn int
	// Ended is how the last of those that were broken off was.
	Ended error
	// Left counts connections that the client left because the server said so.
	Left int
	// Refused counts attempts to connect that failed, and Refusal is why the last one did.
	Refused int
	Refusal error
	// Worst is the longest time from a query to its right answer.
	Worst time.Duration
}

// String is a line for logs.
func (r KeptReport) String() string {
	line := fmt.Sprintf("sent %d, answered %d, wrong %d, late %d, cut %d; connections: closed %d, reset %d, with a query cut %d, left %d, refused %d; worst %v",
		r.Sent, r.Answered, r.Wrong, r.Late, r.Cut, r.Closed, r.Reset, r.CutOn, r.Left, r.Refused, r.Worst.Round(time.Microsecond))
	if r.Ended != nil {
		line += "; reset last: " + r.Ended.Error()
	}
	if r.Refusal != nil {
		line += "; refused last: " + r.Refusal.Error()
	}
	return line
}

// RunKept sends queries over connections that stay open, each at a constant rate and
// without waiting for answers, until the duration is over or the context ends.
func RunKept(ctx context.Context, config KeptConfig) (KeptReport, error) {
	if config.Connections == 0 {
		config.Connections = 20
	}
	switch {
	case config.Mode == UDP || config.Mode == "":
		return KeptReport{}, errors.New("cannot keep connections over UDP")
	case config.Connections < 1 || config.Connections > 1024:
		return KeptReport{}, fmt.Errorf("cannot keep %d connections: 1 to 1024 are allowed", config.Connections)
	case config.Keepalive && config.Mode != TCP && config.Mode != TLS:
		return KeptReport{}, errors.New("cannot send a keepalive option over HTTP or QUIC: RFC 7828 is for TCP and TLS")
	}
	t, err := config.check()
	if err != nil {
		return KeptReport{}, err
	}
	if config.Keepalive {
		t.withKeepalive()
	}
	factory, err := newFactory(t.Enter)
	if err != nil {
		return KeptReport{}, err
	}
	defer factory.close()
	ctx, cancel := context.WithTimeout(ctx, t.Duration)
	defer cancel()
	k := &kept{target: t, factory: factory, keepalive: config.Keepalive,
		interval: time.Duration(config.Connections) * time.Second / time.Duration(t.QPS)}
	var all sync.WaitGroup
	for i := range config.Connections {
		all.Go(func() {
			// Spread evenly, so that they do not send all at once.
			wait(ctx, k.interval*time.Duration(i)/time.Duration(config.Connections))
			for ctx.Err() == nil {
				k.connection(ctx)
			}
		})
	}
	all.Wait()
	return k.report, nil
}

// kept is a run over kept connections.
type kept struct {
	*target
	factory   *factory
	keepalive bool
	interval  time.Duration // between two queries on a connection
	mutex     sync.Mutex
	report    KeptReport
	number    int // of queries, for their names
}

// add changes the report.
func (k *kept) add(f func(*KeptReport)) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	f(&k.report)
}

func (k *kept) next() int {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.number++
	return k.number
}

// wire carries queries and answers of one connection.
type wire interface {
	send(query []byte) error
	// receive returns the next answer, io.EOF when the server has closed in an orderly
	// way.
	receive() ([]byte, error)
	close()
}

// connection makes a connection and uses it until it ends or the context does.
func (k *kept) connection(ctx context.Context) {
	w, err := k.open()
	if err != nil {
		k.add(func(r *KeptReport) { r.Refused, r.Refusal = r.Refused+1, err })
		wait(ctx, 5*time.Millisecond)
		return
	}
	defer w.close()
	c := &keptConn{kept: k, w: w, pending: map[uint16]time.Time{}, ended: make(chan struct{})}
	var reader sync.WaitGroup
	reader.Go(c.read)
	c.write(ctx)
	c.settle()
	c.mutex.Lock()
	c.leaving = true
	c.mutex.Unlock()
	w.close()
	reader.Wait()
	c.account()
}

// keptConn is one connection and the queries on it that are not answered.
type keptConn struct {
	*kept
	w     wire
	ended chan struct{} // closed when the reader has seen the end

	mutex   sync.Mutex
	pending map[uint16]time.Time
	leaving bool // what comes now is our own doing, or does not matter
	told    bool // the server said that it wants us to leave
	end     error
}

// write sends at the rate until the connection or the context ends, or the server asks to
// leave.
func (c *keptConn) write(ctx context.Context) {
	ticker := time.NewTicker(c.interval)
	defer ticker.Stop()
	for id := uint16(0); ; id++ {
		c.mutex.Lock()
		if c.told {
			c.mutex.Unlock()
			return
		}
		_, taken := c.pending[id]
		if !taken {
			c.pending[id] = time.Now()
		}
		c.mutex.Unlock()
		if !taken {
			c.add(func(r *KeptReport) { r.Sent++ })
			if err := c.w.send(c.message(id, c.next())); err != nil {
				// The connection has ended and the client knows that this query has not
				// been sent, so it does not count.
				c.mutex.Lock()
				delete(c.pending, id)
				c.mutex.Unlock()
				c.add(func(r *KeptReport) { r.Sent-- })
				<-c.ended // the reader knows why
				return
			}
		}
		select {
		case <-ticker.C:
		case <-c.ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

// settle waits for the answers that are outstanding, at most the timeout.
func (c *keptConn) settle() {
	for end := time.Now().Add(c.Timeout); time.Now().Before(end); {
		c.mutex.Lock()
		open := len(c.pending)
		c.mutex.Unlock()
		if open == 0 {
			return
		}
		select {
		case <-c.ended:
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (c *keptConn) read() {
	defer close(c.ended)
	for {
		message, err := c.w.receive()
		if err != nil {
			c.mutex.Lock()
			if !c.leaving {
				c.end = err
			}
			c.mutex.Unlock()
			return
		}
		c.take(message)
	}
}

// take accounts for an answer.
func (c *keptConn) take(message []byte) {
	if len(message) < 12 {
		return
	}
	c.mutex.Lock()
	id := uint16(message[0])<<8 | uint16(message[1])
	sent, ok := c.pending[id]
	delete(c.pending, id)
	if c.keepalive && saysLeave(message) {
		c.told = true
	}
	c.mutex.Unlock()
	if !ok {
		return
	}
	took := time.Since(sent)
	right := c.rightAnswer(message)
	c.add(func(r *KeptReport) {
		switch {
		case !right:
			r.Wrong++
		case took > c.Timeout:
			r.Late++
		default:
			r.Answered++
			r.Worst = max(r.Worst, took)
		}
	})
}

// account sums up a connection that has ended.
func (c *keptConn) account() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.add(func(r *KeptReport) {
		switch {
		case c.end == nil && c.told:
			r.Left++
		case c.end == nil:
			r.Late += len(c.pending)
			return
		case errors.Is(c.end, io.EOF):
			r.Closed++
		default:
			r.Reset, r.Ended = r.Reset+1, c.end
		}
		r.Cut += len(c.pending)
		if len(c.pending) > 0 {
			r.CutOn++
		}
	})
}

// orderly turns what a reader meets at the end of a connection into io.EOF where the
// server closed it at the end of a message: that a TLS server says no goodbye is common.
func orderly(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
		return io.EOF
	}
	return err
}

// wait sleeps, at most until the context ends.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
