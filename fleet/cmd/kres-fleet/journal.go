// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"

	"kresd-manager/internal/visible"
)

// fields are the attributes of messages that the journal gets as fields of their own
// (systemd.journal-fields(7)).
var fields = map[string]string{
	"rollout": "KRES_FLEET_ROLLOUT", "state": "KRES_FLEET_STATE", "reason": "KRES_FLEET_REASON",
	"release": "KRES_FLEET_RELEASE", "phase": "KRES_FLEET_PHASE",
}

// toJournal hands messages to the journal.
type toJournal struct {
	send  func(message string, priority journal.Priority, vars map[string]string) error
	attrs []slog.Attr
}

// Enabled implements [slog.Handler].
func (h toJournal) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle implements [slog.Handler].
func (h toJournal) Handle(ctx context.Context, r slog.Record) error {
	var rest bytes.Buffer
	words := slog.New(slog.NewTextHandler(&rest, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{}
		}
		return a
	}}))
	vars := map[string]string{"SYSLOG_IDENTIFIER": "kres-fleet"}
	var all []slog.Attr
	note := func(a slog.Attr) bool {
		value := fmt.Sprint(a.Value.Resolve().Any())
		if name, ok := fields[a.Key]; ok && value != "" {
			vars[name] = visible.Line(value)
		}
		if value != "" {
			all = append(all, a)
		}
		return true
	}
	for _, a := range h.attrs {
		note(a)
	}
	r.Attrs(note)
	words.LogAttrs(ctx, slog.LevelInfo, "", all...)
	priority := journal.PriInfo
	switch {
	case r.Level >= slog.LevelError:
		priority = journal.PriErr
	case r.Level >= slog.LevelWarn:
		priority = journal.PriWarning
	}
	return h.send(visible.Text(strings.TrimSpace(r.Message+" "+rest.String())), priority, vars)
}

// WithAttrs implements [slog.Handler].
func (h toJournal) WithAttrs(attrs []slog.Attr) slog.Handler {
	return toJournal{h.send, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup implements [slog.Handler]; there are none.
func (h toJournal) WithGroup(string) slog.Handler { return h }

// logger logs to the journal with fields where that is what standard error is, and else as
// text.
func (a *app) logger() *slog.Logger {
	if os.Getenv("JOURNAL_STREAM") != "" && journal.Enabled() {
		return slog.New(toJournal{send: journal.Send})
	}
	return slog.New(slog.NewTextHandler(a.stderr, nil))
}
