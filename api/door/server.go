// SPDX-License-Identifier: Apache-2.0

// Package door carries the HTTP interface: it accepts connections, knows who is at
// the other end of each, shares them out among those who come, and cuts the ones
// whose clients are waited for too long. What is asked and answered is left to
// package api, and opening the sockets to internal/listen.
package door

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits of the server that no one has needed to change.
const (
	idleTimeout    = 60 * time.Second
	maxHeaderBytes = 64 << 10

	// DefaultHeaderTimeout is how long a client may take to send the header of its
	// first request.
	DefaultHeaderTimeout = 5 * time.Second
	// DefaultMaxConnections is how many connections are served at a time.
	DefaultMaxConnections = 256
	// DefaultMaxPerSource is how many of them one user, or one address, has.
	DefaultMaxPerSource = 64
	// DefaultEndTime is how long a client may go on to send a body, or to read an
	// answer, once the server is to end.
	DefaultEndTime = 5 * time.Second
)

// Options are the circumstances of a [Server]. The zero value is usable.
type Options struct {
	// Logger receives what net/http has to say, at debug level; nil discards.
	Logger *slog.Logger
	// MaxConnections bounds the connections over all unix sockets, those of root
	// over these, which count apart, and those over TCP, where strangers may hold
	// them; some more wait for their turn. 0 is [DefaultMaxConnections].
	MaxConnections int
	// MaxPerSource bounds those of one user on a unix socket, other than root, and of
	// one address over TCP (an IPv6 network of 64 bits). 0 is [DefaultMaxPerSource].
	MaxPerSource int
	// HeaderTimeout is how long a client may take to send the header of its first
	// request. 0 is [DefaultHeaderTimeout].
	HeaderTimeout time.Duration
	// EndTime is how long a client may go on to send a body, or to read an answer,
	// after Shutdown has begun. 0 is [DefaultEndTime].
	EndTime time.Duration
	// TLS is what a connection over TCP is encrypted with, which is asked when it is
	// accepted; nil is for none of them, and so is what it returns.
	TLS func() *tls.Config
}

// Server carries a handler over one or several listeners. It is safe for
// concurrent use.
type Server struct {
	http    *http.Server
	log     *slog.Logger
	gate    *gate
	endTime time.Duration
	tls     func() *tls.Config
}

// NewServer returns a server of h, usually the one of package api.
func NewServer(h http.Handler, opt Options) *Server {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s := &Server{
		http: &http.Server{
			Handler:                      h,
			ReadHeaderTimeout:            cmp.Or(opt.HeaderTimeout, DefaultHeaderTimeout),
			IdleTimeout:                  idleTimeout,
			MaxHeaderBytes:               maxHeaderBytes,
			ConnContext:                  withCaller,
			DisableGeneralOptionsHandler: true, // one shape for all answers
			ErrorLog:                     slog.NewLogLogger(opt.Logger.Handler(), slog.LevelDebug),
		},
		log:     opt.Logger,
		endTime: cmp.Or(opt.EndTime, DefaultEndTime),
	}
	if s.tls = opt.TLS; s.tls == nil {
		s.tls = func() *tls.Config { return nil }
	}
	reports := NewReports()
	s.gate = newGate(cmp.Or(opt.MaxConnections, DefaultMaxConnections), cmp.Or(opt.MaxPerSource, DefaultMaxPerSource), func(from Source) {
		if more, ok := reports.Due(from); ok {
			s.log.Warn("too many connections; some are refused", "who", from.String(), "left-out", more)
		}
	})
	s.http.ConnState = s.gate.state
	return s
}

// Serve accepts connections on all listeners and returns nil as soon as
// Shutdown or Close begins, which is before the last request is answered. If a
// listener fails, the others are closed too and the error is returned; requests
// in progress go on. Listeners are closed in any case; a
// unix socket that someone else bound should not be unlinked with it, see
// [net.UnixListener.SetUnlinkOnClose].
func (s *Server) Serve(listeners ...net.Listener) error {
	ended := make(chan error, len(listeners))
	bounded := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		bounded[i] = limit(l, s.gate)
		go func() { ended <- s.http.Serve(encrypted{bounded[i], s.tls}) }()
	}
	var first error
	for range listeners {
		err := <-ended
		if first == nil && !errors.Is(err, http.ErrServerClosed) {
			first = err
			for _, l := range bounded {
				_ = l.Close() // reported already, or about to be
			}
		}
	}
	return first
}

// Unused tells for how long no one has been connected: 0 while someone is or
// waits for it, and the time since the server was made if no one ever was. Who
// waits to be accepted does not count.
func (s *Server) Unused() time.Duration { return s.gate.unused() }

// Shutdown stops accepting, waits until all requests in progress are answered
// and closes the connections. Those who do not send their requests, or do not
// read their answers, are waited for some seconds only. When ctx ends earlier
// its error is returned and Close cuts what is left.
func (s *Server) Shutdown(ctx context.Context) error {
	began := time.Now()
	done := make(chan error, 1)
	go func() { done <- s.http.Shutdown(ctx) }()
	look := time.NewTicker(min(s.endTime/2, 200*time.Millisecond))
	defer look.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-look.C:
			s.cut(began)
		}
	}
}

// cut closes the connections that have been waiting for their clients too long,
// for a server that has been ending since then.
func (s *Server) cut(since time.Time) {
	for _, c := range s.gate.stuck(since, s.endTime) {
		s.log.Debug("connection cut: its client neither sends nor reads", "who", c.source.String())
		_ = c.Close()
	}
}

// Close cuts all connections. Changes in progress go on nevertheless: the
// handlers detach them from the connection.
func (s *Server) Close() error { return s.http.Close() }
