// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// systemBus is where the bus is unless the environment says otherwise (D-Bus
// specification, "Well-known Message Bus Instances").
const systemBus = "unix:path=/run/dbus/system_bus_socket"

// maxUnsent is how many bytes may wait for a bus that does not read them.
const maxUnsent = 1 << 20

// connect makes a connection to the bus. The library knows no deadline while it
// greets the bus; and the context must not be the connection's, which would end
// with the call that happened to need it first.
func connect(ctx context.Context, address string, signals dbus.SignalHandler) (*dbus.Conn, error) {
	s, err := dialSocket(ctx, address)
	if errors.Is(err, context.DeadlineExceeded) {
		<-ctx.Done() // the dialer looks at the clock, which may be a moment ahead
		return nil, silent(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	bus, err := dbus.NewConn(s, dbus.WithSignalHandler(signals))
	if err != nil {
		s.Close()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	if err = bus.Auth(nil); err == nil {
		err = bus.Hello()
	}
	if !stop() {
		bus.Close()
		return nil, silent(ctx, fmt.Errorf("the bus does not answer: %w", ctx.Err()))
	}
	if err != nil {
		bus.Close()
		return nil, err
	}
	return bus, nil
}

// dialSocket connects to the first address of a list that can be reached (D-Bus
// specification, "Server Addresses"). Only unix sockets tell the bus who we are.
func dialSocket(ctx context.Context, addresses string) (*socket, error) {
	if addresses == "" {
		addresses = os.Getenv("DBUS_SYSTEM_BUS_ADDRESS")
	}
	if addresses == "" {
		addresses = systemBus
	}
	var failure error
	for address := range strings.SplitSeq(addresses, ";") {
		path, err := socketPath(address)
		if err == nil {
			var c net.Conn
			if c, err = (&net.Dialer{}).DialContext(ctx, "unix", path); err == nil {
				return newSocket(c), nil
			}
		}
		failure = errors.Join(failure, err)
	}
	return nil, failure
}

// socketPath returns the path in an address of the bus; one that begins with @ is
// in the abstract namespace (unix(7)).
func socketPath(address string) (string, error) {
	options, unix := strings.CutPrefix(address, "unix:")
	for option := range strings.SplitSeq(options, ",") {
		key, value, _ := strings.Cut(option, "=")
		path, err := dbus.UnescapeBusAddressValue(value)
		switch {
		case !unix || err != nil || path == "":
		case key == "path":
			return path, nil
		case key == "abstract":
			return "@" + path, nil
		}
	}
	return "", fmt.Errorf("the bus address %q is not of a unix socket", address)
}

// socket is a connection whose writes never wait: a bus that has stopped to read
// must not hold up callers longer than they want to wait for their answer.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	wake chan struct{} // has room for one; filled when there is something to send
	gone chan struct{} // closed by Close
	sent chan struct{} // closed when nothing is sent any more

	mu     sync.Mutex
	unsent []byte
	failed error
	once   sync.Once
}

func newSocket(c net.Conn) *socket {
	s := &socket{conn: c, in: bufio.NewReader(c), wake: make(chan struct{}, 1), gone: make(chan struct{}), sent: make(chan struct{})}
	go s.send()
	return s
}

func (s *socket) Read(b []byte) (int, error) { return s.in.Read(b) }

// Write has bytes sent soon. It fails after the connection broke, and when too
// much has not been sent.
func (s *socket) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil && len(s.unsent)+len(b) > maxUnsent {
		s.failed = errors.New("the bus does not read what is sent to it")
	}
	if s.failed != nil {
		return 0, s.failed
	}
	s.unsent = append(s.unsent, b...)
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return len(b), nil
}

// send ends with the connection. What is written at the same time goes in one
// piece.
func (s *socket) send() {
	defer close(s.sent)
	for {
		select {
		case <-s.wake:
		case <-s.gone:
			return
		}
		s.mu.Lock()
		b := s.unsent
		s.unsent = nil
		s.mu.Unlock()
		if _, err := s.conn.Write(b); err != nil {
			s.mu.Lock()
			s.failed = err
			s.mu.Unlock()
			s.conn.Close() // which ends the reader, and that the connection
			return
		}
	}
}

// Close ends reads and writes that wait. What has not been sent is lost.
func (s *socket) Close() error {
	s.once.Do(func() { close(s.gone) })
	err := s.conn.Close()
	<-s.sent
	return err
}
