// SPDX-License-Identifier: Apache-2.0

package door

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// limit has the gate decide which connections of l are handed out, and when.
// Package netutil of golang.org/x/net bounds connections, too, but its
// connections hide what the real ones can do: net/http needs CloseWrite, or a
// client that still sends a body never reads why it was refused.
func limit(l net.Listener, g *gate) net.Listener {
	li := &limited{Listener: l, gate: g, woken: sync.NewCond(&g.mu), done: make(chan struct{})}
	go li.run()
	return li
}

type limited struct {
	net.Listener
	gate  *gate
	woken *sync.Cond // on the lock of the gate, which guards ready and err
	ready []*conn
	err   error
	done  chan struct{} // closed when nothing is accepted any more
}

// run accepts all that come, so that those who may be served at once do not wait
// behind those who may not.
func (l *limited) run() {
	defer close(l.done)
	pause := time.Duration(0)
	for {
		c, err := l.Listener.Accept()
		if err == nil {
			pause = 0
			l.take(c)
			continue
		}
		// As net/http does when there are too many open files, say.
		var temporary interface{ Temporary() bool }
		if errors.As(err, &temporary) && temporary.Temporary() {
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
			continue
		}
		l.end(err)
		return
	}
}

func (l *limited) take(accepted net.Conn) {
	c := &conn{Conn: accepted, listener: l}
	c.caller = identify(c)
	c.source = c.caller.Source()
	if l.gate.arrive(c) {
		return
	}
	l.gate.crowded(c.source)
	refuse(c)
	_ = accepted.Close()
}

// refuse tells in a word what a client that is not served could do. The buffer of
// a new connection takes it.
func refuse(c *conn) {
	text := fmt.Sprintf("not available: too many connections of %s, or of all, wait already; close some, or try again later\n", c.source)
	_ = c.Conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = fmt.Fprintf(c.Conn, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

// end has Accept fail, and closes what no one will serve.
func (l *limited) end(err error) {
	l.gate.mu.Lock()
	if l.err == nil {
		l.err = err
	}
	left := append(l.gate.forsakeLocked(l), l.ready...)
	l.ready = nil
	l.woken.Broadcast()
	l.gate.mu.Unlock()
	for _, c := range left {
		_ = c.Close()
	}
}

func (l *limited) Accept() (net.Conn, error) {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	for len(l.ready) == 0 && l.err == nil {
		l.woken.Wait()
	}
	if len(l.ready) == 0 {
		return nil, l.err
	}
	c := l.ready[0]
	l.ready = l.ready[1:]
	return c, nil
}

func (l *limited) Close() error {
	err := l.Listener.Close()
	<-l.done
	return err
}

// conn is a connection that the gate knows of.
type conn struct {
	net.Conn
	listener *limited
	caller   *Caller
	source   Source
	progress progress
	once     sync.Once
	begun    bool      // the first bytes were read
	unused   time.Time // since when it is between two requests, of the gate; zero if it is not
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.listener.gate.leave(c) })
	return err
}

// CloseWrite ends the sending direction where there is one to end.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
