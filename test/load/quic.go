// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/net/quic"
	"golang.org/x/sys/unix"
)

const (
	// silence is how long a client of QUIC waits for an answer before it takes the
	// connection for lost and makes another: datagrams that reach another process than the
	// one that knows the connection may have no answer at all.
	silence = time.Second
	// parting is how long it waits for the server's goodbye after its own.
	parting = 100 * time.Millisecond
)

var errSilent = errors.New("the server is silent on the connection")

// quicWire has a stream for each message (RFC 9250, section 4.2) on one connection, which has
// a port of its own.
type quicWire struct {
	endpoint *quic.Endpoint
	conn     *quic.Conn
	ctx      context.Context
	cancel   context.CancelFunc
	answers  chan []byte
	failed   chan error
	watching sync.WaitGroup
}

// dialQUIC makes a connection that is ready for queries.
func (t *target) dialQUIC(f *factory) (*quicWire, error) {
	socket, err := f.bound(t.addr.Addr())
	if err != nil {
		return nil, err
	}
	config := &quic.Config{TLSConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"doq"}, MinVersion: tls.VersionTLS13}}
	endpoint, err := quic.NewEndpoint(socket, config)
	if err != nil {
		socket.Close()
		return nil, err
	}
	w := &quicWire{endpoint: endpoint, answers: make(chan []byte, 1024), failed: make(chan error, 1)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	dialing, cancel := context.WithTimeout(w.ctx, t.Timeout)
	defer cancel()
	if w.conn, err = endpoint.Dial(dialing, "udp", t.addr.String(), config); err != nil {
		w.close()
		return nil, err
	}
	w.watching.Go(func() { w.fail(ending(w.conn.Wait(w.ctx))) })
	return w, nil
}

// bound makes a datagram socket with a port of its own on the loopback address of a target.
func (f *factory) bound(addr netip.Addr) (net.PacketConn, error) {
	fd, err := f.socket(unix.SOCK_DGRAM, addr)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "udp")
	defer file.Close() // FilePacketConn duplicates
	if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(addr, 0))); err != nil {
		return nil, err
	}
	return net.FilePacketConn(file)
}

// ending turns what a connection ended with into io.EOF where the server closed it in an
// orderly way: without an error of the transport, or with DOQ_NO_ERROR (RFC 9250, section
// 4.3).
func ending(err error) error {
	if err == nil || errors.Is(err, &quic.ConnectionCloseError{}) {
		return io.EOF
	}
	return err
}

// exchangeQUIC makes a connection, asks once and closes it.
func (t *target) exchangeQUIC(f *factory, number int) outcome {
	w, err := t.dialQUIC(f)
	if err != nil {
		return failed(err)
	}
	defer w.close()
	id := uint16(number)
	if err := w.send(t.message(id, number)); err != nil {
		return failed(err)
	}
	message, err := w.receive()
	return t.judge(id, message, err)
}

// send opens a stream for a query. Its id is that of the caller alone: on the wire it is 0.
func (w *quicWire) send(query []byte) error {
	opening, cancel := context.WithTimeout(w.ctx, silence)
	defer cancel()
	s, err := w.conn.NewStream(opening)
	if errors.Is(err, context.DeadlineExceeded) { // as many streams are open as the server allows
		w.fail(errSilent)
	}
	if err != nil { // the connection has ended, and who watches it says why
		return err
	}
	id := [2]byte(query)
	message := append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)
	message[2], message[3] = 0, 0
	if _, err := s.Write(message); err != nil {
		return err
	}
	_ = s.CloseWrite() // fails only for streams that cannot be written to
	w.watching.Go(func() { w.await(s, id) })
	return nil
}

// await reads the answer on a stream.
func (w *quicWire) await(s *quic.Stream, id [2]byte) {
	ctx, cancel := context.WithTimeout(w.ctx, silence)
	defer cancel()
	s.SetReadContext(ctx)
	message, err := streamed(s)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		w.fail(errSilent)
	case err != nil || len(message) < headerSize: // the connection has ended, or it is no answer
	default:
		copy(message, id[:])
		select {
		case w.answers <- message:
		case <-w.ctx.Done():
		}
	}
}

// fail notes why the connection has ended; what comes first is why.
func (w *quicWire) fail(err error) {
	select {
	case w.failed <- err:
	default:
	}
}

func (w *quicWire) receive() ([]byte, error) {
	select {
	case message := <-w.answers:
		return message, nil
	case err := <-w.failed:
		if len(w.answers) > 0 { // what came before the end counts
			w.fail(err)
			return <-w.answers, nil
		}
		return nil, err
	case <-w.ctx.Done():
		return nil, w.ctx.Err()
	}
}

func (w *quicWire) close() {
	w.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	_ = w.endpoint.Close(ctx)
	w.watching.Wait()
}
