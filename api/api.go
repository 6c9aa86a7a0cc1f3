// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"log/slog"
	"net/http"
)

// DefaultMaxBodyBytes is the largest request body accepted unless Options say
// otherwise: the limit of Knot Resolver's own manager.
const DefaultMaxBodyBytes = 1 << 20

// LevelTrace is the level at which every request is logged, below debug.
const LevelTrace = slog.LevelDebug - 4

// Options are the circumstances of the interface. The zero value is usable.
type Options struct {
	// Logger receives internal errors at error level and, at [LevelTrace], a
	// line for each request; nil discards them.
	Logger *slog.Logger
	// Version is named in the Server header.
	Version string
	// MaxBodyBytes is the largest request body; 0 is [DefaultMaxBodyBytes].
	MaxBodyBytes int64
	// Hosts are names accepted in the Host header, without port, besides
	// localhost, unix and loopback addresses.
	Hosts []string
	// Ending is closed when the server is about to end: streams end then.
	Ending <-chan struct{}
}

// handlers holds what the handlers share. None of it changes after New.
type handlers struct {
	ctl Controller
	log *slog.Logger
	opt Options
}

// serve answers one request. The chain of them is typed, other than with
// http.Handler, because every stage needs the reference and the route that
// response carries.
type serve func(*response, *http.Request)

// New returns the handler of all routes.
func New(c Controller, opt Options) http.Handler {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if opt.MaxBodyBytes == 0 {
		opt.MaxBodyBytes = DefaultMaxBodyBytes
	}
	h := &handlers{ctl: c, log: opt.Logger, opt: opt}

	next := h.router(h.routes())
	next = h.capBody(next)
	next = h.refuseForeign(next)
	next = h.recover(next)
	next = h.trace(next)
	server := "kresd-manager"
	if opt.Version != "" {
		server += "/" + opt.Version
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rw := &response{ResponseWriter: w, reference: reference(r)}
		hd := w.Header()
		hd["Server"] = []string{server}
		hd["X-Reference-Id"] = []string{rw.reference}
		next(rw, r)
	})
}
