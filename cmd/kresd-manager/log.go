// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	journald "github.com/coreos/go-systemd/v22/journal"

	"kresd-manager/internal/journal/native"
)

// flushTime is how long the end of the manager may wait for a journal that takes
// nothing.
const flushTime = time.Second

// toJournal returns a logger with fields, if this process writes to the journal
// (JOURNAL_STREAM in systemd.exec(5)) and the journal's socket is to be had; nil if not.
func toJournal(path string, level slog.Level) (log *slog.Logger, flush func()) {
	if ours, err := journald.StderrIsJournalStream(); err != nil || !ours {
		return nil, nil
	}
	s, err := native.Open(path)
	if err != nil {
		return nil, nil // lines do
	}
	return slog.New(native.NewHandler(s, level)), func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTime)
		defer cancel()
		s.Flush(ctx)
	}
}

// newLogger writes lines of text. Under systemd each starts with its priority
// (sd-daemon(3)), and the journal has the time already.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	if os.Getenv("JOURNAL_STREAM") == "" {
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: native.WithoutAbout}))
	}
	shared := &lines{w: w}
	return slog.New(&streamHandler{lines: shared, level: level, text: shared.handler(level)})
}

// streamHandler writes "<priority>message key=value …".
type streamHandler struct {
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
	return slog.NewTextHandler(&l.buf, &slog.HandlerOptions{Level: level, ReplaceAttr: native.Attributes})
}

func (h *streamHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *streamHandler) Handle(ctx context.Context, r slog.Record) error {
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

func (h *streamHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &streamHandler{h.lines, h.level, h.text.WithAttrs(attrs)}
}

func (h *streamHandler) WithGroup(name string) slog.Handler {
	return &streamHandler{h.lines, h.level, h.text.WithGroup(name)}
}
