// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"kresd-manager/api/door"
	"kresd-manager/internal/doctor"
	"kresd-manager/internal/metrics"
	"kresd-manager/internal/sampler"
	"kresd-manager/internal/session"
	"kresd-manager/internal/verbatim"
	"kresd-manager/units"
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
	// BodyTimeout bounds how long a client may take to send a body, and WriteTimeout
	// how long it may take to read an answer, or each part of a stream. 0 is
	// [DefaultBodyTimeout] and [DefaultWriteTimeout].
	BodyTimeout, WriteTimeout time.Duration
	// StreamPing is how often a stream shows that it is there; 0 is [DefaultStreamPing].
	StreamPing time.Duration
	// Hosts are names of this machine, accepted in the Host header without port
	// besides localhost, unix and loopback addresses.
	Hosts []string
	// OwnName reports whether the certificate that is served is for a host; nil is for
	// none. It is asked about requests over TLS, whose clients have made sure of it.
	OwnName func(host string) bool
	// Ending is closed when the server is about to end: streams end then.
	Ending <-chan struct{}
	// Restarts tells, once Ending is closed, whether another manager follows at once. It
	// is called by several goroutines; nil is no.
	Restarts func() bool
	// Logs calls told with messages of units until there are no more or the
	// context ends; nil is none.
	Logs func(ctx context.Context, q units.LogQuery, told func(units.LogLine)) error
	// Doctor examines the installation; nil where there is none.
	Doctor func(context.Context) doctor.Report
	// Sessions is the file in which it is kept who has logged in to the pages; "" keeps it
	// in memory.
	Sessions string
	// Texts is the file in which texts of the configuration are kept as they were sent, to
	// be saved with their comments; "" keeps them in memory.
	Texts string
	// Readers are users that may read over the unix socket whatever roles there
	// are: those that programs of ours run as.
	Readers []uint32
}

// handlers holds what the handlers share.
type handlers struct {
	ctl  Controller
	log  *slog.Logger
	opt  Options
	self uint32 // the user that this process runs as

	texts, streams, logs, samples, plans, traces, changes, waits *shares

	wrongTokens *door.Pace
	// Lines in the log: a source that has filled one of them still fills none of the others.
	reports, guesses, violations *door.Pace
	took                         *metrics.Requests
	sessions                     *session.Store
	verbatim                     *verbatim.Store
	sampler                      *sampler.Sampler
	examiner                     *examiner
	crossOrigin                  *http.CrossOriginProtection

	described func() ([]byte, error) // the document of the interface

	current     atomic.Pointer[policy]
	tokenFaults sync.Map // why the token in a file cannot be used, by path
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
	opt.MaxBodyBytes = cmp.Or(opt.MaxBodyBytes, DefaultMaxBodyBytes)
	opt.BodyTimeout = cmp.Or(opt.BodyTimeout, DefaultBodyTimeout)
	opt.StreamPing = cmp.Or(opt.StreamPing, DefaultStreamPing)
	opt.WriteTimeout = cmp.Or(opt.WriteTimeout, DefaultWriteTimeout)
	h := &handlers{ctl: c, log: opt.Logger, opt: opt, self: uint32(os.Geteuid()),
		streams:     newShares("event streams", eventsEach, eventsAll),
		logs:        newShares("readers of logs", logsEach, logsAll),
		samples:     newShares("readers of statistics", samplesEach, samplesAll),
		sampler:     newSampler(c),
		examiner:    newExaminer(),
		texts:       newShares("large answers in YAML or TOML", textsEach, textsAll),
		plans:       newShares("dry runs", plansEach, plansAll),
		traces:      newShares("traces", tracesEach, tracesAll),
		changes:     newShares("changes under way", changesEach, changesAll),
		waits:       newShares("waits for changes", waitsEach, waitsAll),
		wrongTokens: door.NewPace(maxWrongTokens, wrongTokenEvery),
		reports:     door.NewReports(),
		guesses:     door.NewPace(20, 3*time.Second), // each counts
		violations:  door.NewReports(),
		took:        metrics.NewRequests(),
		crossOrigin: http.NewCrossOriginProtection(),
	}
	h.sessions = session.New(opt.Sessions, func(err error) { h.log.Warn("sessions of the pages are lost", "error", err) })
	h.verbatim = verbatim.New(opt.Texts, func(err error) { h.log.Warn("cannot keep comments", "error", err) })

	h.described = sync.OnceValues(func() ([]byte, error) { return Description(opt.Version) })

	next := h.router(h.routes())
	next = h.capBody(next)
	next = h.refuseOrigins(next)
	next = h.refuseForeign(next)
	next = h.recover(next)
	next = h.logRequest(next)
	next = h.measure(next)
	next = h.receive(next)
	server := "kresd-manager"
	if opt.Version != "" {
		server += "/" + opt.Version
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rw := &response{ResponseWriter: w, reference: reference(r), timeout: opt.WriteTimeout, texts: h.texts}
		hd := w.Header()
		hd["Server"] = []string{server}
		hd["X-Reference-Id"] = []string{rw.reference}
		hd["X-Content-Type-Options"] = nosniff
		hd["Content-Security-Policy"] = noContentHeader
		hd["Cross-Origin-Resource-Policy"] = sameOriginOnly
		next(rw, r)
	})
}
