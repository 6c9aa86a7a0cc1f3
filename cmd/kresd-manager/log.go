// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
)

// newLogger writes lines of text. Under systemd each starts with its priority
// (sd-daemon(3)), and the journal has the time already.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	if os.Getenv("JOURNAL_STREAM") == "" {
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
	}
	shared := &lines{w: w}
	return slog.New(&journalHandler{lines: shared, level: level, text: shared.handler(level)})
}

// journalHandler writes "<priority>message key=value …". Attributes show in
// journalctl's usual output this way, which fields of the native protocol do not.
type journalHandler struct {
	lines *lines
	level slog.Level
	text  slog.Handler
}

// lines collects one record at a time.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
	w   io.Writer
}

func (l *lines) handler(level slog.Level) slog.Handler {
	return slog.NewTextHandler(&l.buf, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
				return slog.Attr{}
			}
			return a
		},
	})
}

func (h *journalHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *journalHandler) Handle(ctx context.Context, r slog.Record) error {
	h.lines.mu.Lock()
	defer h.lines.mu.Unlock()
	prefix := "<7>"
	switch {
	case r.Level >= slog.LevelError:
		prefix = "<3>"
	case r.Level >= slog.LevelWarn:
		prefix = "<4>"
	case r.Level >= slog.LevelInfo:
		prefix = "<6>"
	}
	h.lines.buf.Reset()
	if err := h.text.Handle(ctx, r); err != nil {
		return err
	}
	// A message of several lines is several entries, of one priority.
	line := prefix + string(bytes.ReplaceAll([]byte(r.Message), []byte("\n"), []byte("\n"+prefix)))
	if attrs := bytes.TrimSpace(h.lines.buf.Bytes()); len(attrs) > 0 {
		line += " " + string(attrs)
	}
	_, err := io.WriteString(h.lines.w, line+"\n")
	return err
}

func (h *journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &journalHandler{h.lines, h.level, h.text.WithAttrs(attrs)}
}

func (h *journalHandler) WithGroup(name string) slog.Handler {
	return &journalHandler{h.lines, h.level, h.text.WithGroup(name)}
}
