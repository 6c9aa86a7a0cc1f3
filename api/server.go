// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Limits of the server that nobody has needed to change.
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 64 << 10

	// DefaultMaxConnections is how many connections are served at a time.
	DefaultMaxConnections = 256
)

// ServerOptions are the circumstances of a [Server]. The zero value is usable.
type ServerOptions struct {
	// Logger receives what net/http has to say, at debug level; nil discards.
	Logger *slog.Logger
	// MaxConnections bounds the connections over all unix sockets, and those over
	// TCP, where strangers may hold them; further ones wait in the backlog of
	// the socket. 0 is [DefaultMaxConnections].
	MaxConnections int
}

// Server carries a handler over one or several listeners. It is safe for
// concurrent use.
type Server struct {
	http       *http.Server
	slots, tcp chan struct{}
	last       atomic.Int64 // when a connection was closed, in ns since start
	start      time.Time
}

// NewServer returns a server of h, usually the handler that [New] returns.
func NewServer(h http.Handler, opt ServerOptions) *Server {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if opt.MaxConnections == 0 {
		opt.MaxConnections = DefaultMaxConnections
	}
	return &Server{
		http: &http.Server{
			Handler:                      h,
			ReadHeaderTimeout:            readHeaderTimeout,
			IdleTimeout:                  idleTimeout,
			MaxHeaderBytes:               maxHeaderBytes,
			ConnContext:                  withCaller,
			DisableGeneralOptionsHandler: true, // one shape for all answers
			ErrorLog:                     slog.NewLogLogger(opt.Logger.Handler(), slog.LevelDebug),
		},
		slots: make(chan struct{}, opt.MaxConnections),
		tcp:   make(chan struct{}, opt.MaxConnections),
		start: time.Now(),
	}
}

// Serve accepts connections on all listeners and returns nil as soon as
// Shutdown or Close begins, which is before the last request is answered. If a
// listener fails, the others are closed too and the error is returned; requests
// in progress go on. Listeners are closed in any case; a
// unix socket that somebody else bound should not be unlinked with it, see
// [net.UnixListener.SetUnlinkOnClose].
func (s *Server) Serve(listeners ...net.Listener) error {
	ended := make(chan error, len(listeners))
	bounded := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		slots := s.slots
		if addrPort(l.Addr()).IsValid() {
			slots = s.tcp
		}
		bounded[i] = limit(l, slots, func() { s.last.Store(int64(time.Since(s.start))) })
		go func() { ended <- s.http.Serve(bounded[i]) }()
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

// Unused tells for how long nobody has been connected: 0 while somebody is, and
// the time since the server was made if nobody ever was. Who waits to be
// accepted does not count.
func (s *Server) Unused() time.Duration {
	if len(s.slots)+len(s.tcp) > 0 {
		return 0
	}
	return time.Since(s.start) - time.Duration(s.last.Load())
}

// Shutdown stops accepting, waits until all requests in progress are answered
// and closes the connections. When ctx ends earlier its error is returned and
// Close cuts what is left.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// Close cuts all connections. Changes in progress go on nevertheless: the
// handlers detach them from the connection.
func (s *Server) Close() error { return s.http.Close() }
