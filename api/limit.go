// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net"
	"sync"
)

// limit bounds the connections that l and others with the same slots have open
// at a time. Package netutil of golang.org/x/net does nearly the same, but its
// connections hide what the real ones can do: net/http needs CloseWrite, or a
// client that still sends a body never reads why it was refused.
// ended is called before the slot of a connection that was closed is free.
func limit(l net.Listener, slots chan struct{}, ended func()) net.Listener {
	return &limited{Listener: l, slots: slots, ended: ended, closed: make(chan struct{})}
}

type limited struct {
	net.Listener
	slots  chan struct{}
	ended  func()
	closed chan struct{}
	once   sync.Once
}

func (l *limited) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	// A slot is taken last, so that a listener nobody connects to holds none.
	select {
	case l.slots <- struct{}{}:
		return &conn{Conn: c, listener: l.Addr(), release: func() { l.ended(); <-l.slots }}, nil
	case <-l.closed:
		_ = c.Close()
		return nil, net.ErrClosed
	}
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// conn gives its slot back when it is closed.
type conn struct {
	net.Conn
	listener net.Addr
	release  func()
	once     sync.Once
	begun    bool // the first bytes were read
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.release)
	return err
}

// CloseWrite ends the sending direction where there is one to end.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
