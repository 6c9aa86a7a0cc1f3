// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// open makes a connection that is ready for queries.
func (k *kept) open() (wire, error) {
	if k.Mode == DoQ {
		return k.dialQUIC(k.factory)
	}
	conn, err := k.factory.dialTCP(k.addr, time.Now().Add(k.Timeout))
	if err != nil {
		return nil, err
	}
	if conn, err = k.secured(conn); err != nil {
		return nil, err
	}
	if k.Mode != DoH {
		return &streamWire{conn}, nil
	}
	client, err := k.http(conn)
	if err != nil {
		return nil, err
	}
	w := &httpWire{target: k.target, client: client, answers: make(chan []byte, 1024), failed: make(chan error, 1024)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w, nil
}

// secured completes the handshake of TLS where the mode needs one.
func (t *target) secured(conn net.Conn) (net.Conn, error) {
	protocol := map[Mode]string{TLS: "dot", DoH: "h2"}[t.Mode]
	if protocol == "" {
		return conn, nil
	}
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
	_ = conn.SetDeadline(time.Now().Add(t.Timeout))
	if err := secure.Handshake(); err != nil {
		conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return secure, nil
}

// http speaks HTTP/2 on a secured connection, which it closes if it cannot.
func (t *target) http(conn net.Conn) (*http.ClientConn, error) {
	transport := &http.Transport{
		Protocols:      new(http.Protocols),
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	transport.Protocols.SetHTTP2(true)
	client, err := transport.NewClientConn(context.Background(), "https", t.addr.String())
	if err != nil {
		conn.Close()
	}
	return client, err
}

// streamWire has messages after their lengths (RFC 1035, section 4.2.2).
type streamWire struct{ conn net.Conn }

func (w *streamWire) send(query []byte) error {
	_, err := w.conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...))
	return err
}

func (w *streamWire) receive() ([]byte, error) {
	message, err := streamed(w.conn)
	if message == nil {
		err = orderly(err)
	}
	return message, err
}

// streamed reads a message and its length before it; nil if there is not even that.
func streamed(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, message)
	return message, err
}

func (w *streamWire) close() { w.conn.Close() }

// httpWire has a request for each message (RFC 8484) on one connection, and repeats none.
type httpWire struct {
	*target
	client  *http.ClientConn
	ctx     context.Context
	cancel  context.CancelFunc
	answers chan []byte
	failed  chan error
}

func (w *httpWire) send(query []byte) error {
	if err := w.client.Err(); err != nil {
		w.fail(err)
		return err
	}
	go func() {
		message, err := postQuery(w.ctx, w.client.RoundTrip, w.addr.String(), query)
		if err != nil {
			w.fail(err)
			return
		}
		select {
		case w.answers <- message:
		case <-w.ctx.Done():
		}
	}()
	return nil
}

func (w *httpWire) fail(err error) {
	select {
	case w.failed <- err:
	default:
	}
}

func (w *httpWire) receive() ([]byte, error) {
	select {
	case message := <-w.answers:
		return message, nil
	case err := <-w.failed:
		// Answers that came before the end count.
		select {
		case message := <-w.answers:
			w.fail(err)
			return message, nil
		case <-time.After(20 * time.Millisecond):
		}
		if len(w.answers) > 0 {
			w.fail(err)
			return <-w.answers, nil
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			err = io.EOF // the library's errors tell little
		}
		return nil, err
	case <-w.ctx.Done():
		return nil, w.ctx.Err()
	}
}

func (w *httpWire) close() {
	w.cancel()
	_ = w.client.Close()
}

// postQuery asks with a POST (RFC 8484, section 4.1).
func postQuery(ctx context.Context, do func(*http.Request) (*http.Response, error), host string, query []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, "POST", "https://"+host+"/dns-query", bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/dns-message")
	request.Header.Set("Accept", "application/dns-message")
	response, err := do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	message, err := io.ReadAll(io.LimitReader(response.Body, dns.MaxMsgSize))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", response.StatusCode)
	}
	return message, err
}

// withKeepalive adds the option of RFC 7828 to the query.
func (t *target) withKeepalive() {
	opt := []byte{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 11, 0, 0} // the root, OPT, 1232; option 11 without data
	t.query[11] = 1                                                // one additional record
	t.questionEnd = len(t.query)
	t.query = append(t.query, opt...)
}

// saysLeave reports whether an answer has a keepalive time of 0.
func saysLeave(message []byte) bool {
	m := new(dns.Msg)
	if m.Unpack(message) != nil || m.IsEdns0() == nil {
		return false
	}
	for _, option := range m.IsEdns0().Option {
		if k, ok := option.(*dns.EDNS0_TCP_KEEPALIVE); ok {
			return k.Timeout == 0
		}
	}
	return false
}
