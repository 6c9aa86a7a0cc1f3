// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kresd-manager/internal/message"
	"kresd-manager/internal/visible"
)

// identifier names the program in the journal, as it does on a stream.
const identifier = "kresd-manager"

// priority is one of syslog(3).
type priority int

const (
	failure priority = 3
	warning priority = 4
	info    priority = 6
	debug   priority = 7
)

func priorityOf(l slog.Level) priority {
	switch {
	case l >= slog.LevelError:
		return failure
	case l >= slog.LevelWarn:
		return warning
	case l >= slog.LevelInfo:
		return info
	}
	return debug
}

// fields are the attributes that become fields as well: their names in the journal.
// A change has a number only in what a message is about.
var fields = map[string]string{
	"unit": "KRES_UNIT", "step": "KRES_STEP", "generation": "KRES_GENERATION", "reference": "KRES_REQUEST",
}

// Handler writes entries to the journal: the text is the message with its attributes,
// as people read it, and what it is about are fields. It is safe for concurrent use.
type Handler struct {
	socket *Socket
	level  slog.Leveler
	text   *text
	rest   slog.Handler // writes the attributes into text
	about  message.About
	named  []named // fields of the logger, by attributes
	inside bool    // of a group: keys there are other ones
}

// text collects the attributes of one message at a time.
type text struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

type named struct{ name, value string }

// NewHandler returns a handler of messages from a level on.
func NewHandler(s *Socket, level slog.Leveler) *Handler {
	t := &text{}
	return &Handler{socket: s, level: level, text: t, rest: slog.NewTextHandler(&t.buf, &slog.HandlerOptions{
		Level:       level,
		ReplaceAttr: Attributes,
	})}
}

// Attributes is for handlers of text: it leaves out what slog adds to a message, and
// what the message is about.
func Attributes(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return WithoutAbout(groups, a)
}

// WithoutAbout is for handlers of text: it leaves out what a message is about.
func WithoutAbout(_ []string, a slog.Attr) slog.Attr {
	if _, about := message.Of(a); about {
		return slog.Attr{}
	}
	return a
}

// Enabled implements [slog.Handler].
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// Handle implements [slog.Handler]. It never waits, and there is no error.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	about, all := h.about, slices.Clone(h.named)
	r.Attrs(func(a slog.Attr) bool {
		about, all = note(about, all, a, h.inside)
		return true
	})
	var b bytes.Buffer
	field(&b, "MESSAGE", visible.Text(h.words(ctx, r)))
	field(&b, "PRIORITY", strconv.Itoa(int(priorityOf(r.Level))))
	field(&b, "SYSLOG_IDENTIFIER", identifier)
	for _, f := range of(about) {
		if !slices.ContainsFunc(all, func(n named) bool { return n.name == f.name }) {
			all = append(all, f)
		}
	}
	for _, f := range all {
		if f.value != "" {
			field(&b, f.name, visible.Line(f.value))
		}
	}
	h.socket.Send(b.Bytes())
	return nil
}

// words is the message with its attributes.
func (h *Handler) words(ctx context.Context, r slog.Record) string {
	h.text.mu.Lock()
	defer h.text.mu.Unlock()
	h.text.buf.Reset()
	if err := h.rest.Handle(ctx, r); err != nil {
		return r.Message
	}
	return strings.TrimSpace(r.Message + " " + strings.TrimSpace(h.text.buf.String()))
}

// note adds what an attribute has for the fields. A later one wins.
func note(about message.About, all []named, a slog.Attr, inside bool) (message.About, []named) {
	if more, ok := message.Of(a); ok {
		return about.With(more), all
	}
	name, known := fields[a.Key]
	if inside || !known {
		return about, all
	}
	all = slices.DeleteFunc(all, func(n named) bool { return n.name == name })
	return about, append(all, named{name, a.Value.Resolve().String()})
}

// of is what a message is about, as fields.
func of(a message.About) []named {
	change := ""
	if a.Change != 0 {
		change = strconv.Itoa(a.Change)
	}
	return []named{
		{"MESSAGE_ID", string(a.Kind)}, {"KRES_CHANGE", change}, {"KRES_UNIT", a.Unit}, {"KRES_STEP", a.Step},
		{"KRES_GENERATION", a.Generation}, {"KRES_REQUEST", a.Request},
	}
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.rest, next.named = h.rest.WithAttrs(attrs), slices.Clone(h.named)
	for _, a := range attrs {
		next.about, next.named = note(next.about, next.named, a, h.inside)
	}
	return &next
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	next := *h
	next.rest, next.inside = h.rest.WithGroup(name), true
	return &next
}
