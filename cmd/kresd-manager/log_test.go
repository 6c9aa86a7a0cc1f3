// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/visible"
)

func TestJournalLines(t *testing.T) {
	t.Setenv("JOURNAL_STREAM", "8:4711")
	for _, c := range []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"each level has its priority", func(l *slog.Logger) {
			l.Error("e")
			l.Warn("w")
			l.Info("i")
			l.Debug("d")
			l.Log(t.Context(), slog.LevelDebug-4, "t")
		}, "<3>e\n<4>w\n<6>i\n<7>d\n<7>t\n"},
		{"levels between count as the one below", func(l *slog.Logger) {
			l.Log(t.Context(), slog.LevelError+4, "e")
			l.Log(t.Context(), slog.LevelInfo+1, "i")
			l.Log(t.Context(), slog.LevelDebug+1, "d")
		}, "<3>e\n<6>i\n<7>d\n"},
		{"attributes come after the message", func(l *slog.Logger) {
			l.Info("step done", "unit", "kresd@1.service", "cause", "is not running", "n", 3)
		}, "<6>step done unit=kresd@1.service cause=\"is not running\" n=3\n"},
		{"every line of a message has the priority", func(l *slog.Logger) {
			l.Error("config.yaml:1:2: a\nconfig.yaml:3:4: b", "n", 2)
		}, "<3>config.yaml:1:2: a\n<3>config.yaml:3:4: b n=2\n"},
		{"lines in attributes do not begin entries", func(l *slog.Logger) {
			l.Warn("refused", "error", errors.New("one\n<0>two"))
		}, "<4>refused error=\"one\\n<0>two\"\n"},
		{"attributes of a logger", func(l *slog.Logger) {
			l.With("a", 1).With("b", 2).Info("m", "c", 3)
		}, "<6>m a=1 b=2 c=3\n"},
		{"groups", func(l *slog.Logger) {
			l.WithGroup("g").With("a", 1).Info("m", "b", 2, slog.Group("h", "c", 3))
		}, "<6>m g.a=1 g.b=2 g.h.c=3\n"},
		{"the keys of slog inside of a group", func(l *slog.Logger) {
			l.WithGroup("g").Info("m", "msg", "x", "time", "y", "level", "z")
		}, "<6>m g.msg=x g.time=y g.level=z\n"},
		{"a logger made of another leaves that as it is", func(l *slog.Logger) {
			l.With("a", 1)
			l.Info("m")
		}, "<6>m\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			c.log(newLogger(&out, slog.LevelDebug-4))
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNothingInALogSteersATerminal logs as main does, to a stream of package
// visible, what a configuration file may hold.
func TestNothingInALogSteersATerminal(t *testing.T) {
	const nasty = "\x1b[2J\u009b2J\u202e\u2066\xff"
	for stream, want := range map[string]string{
		"":       `level=ERROR msg="\x1b[2J\u009b2J\u202e\u2066\xff" error="\x1b[2J\u009b2J\u202e\u2066\xff"`,
		"8:4711": `<3>\u001b[2J\u009b2J\u202e\u2066\xff error="\x1b[2J\u009b2J\u202e\u2066\xff"`,
	} {
		t.Setenv("JOURNAL_STREAM", stream)
		var out bytes.Buffer
		newLogger(visible.NewWriter(&out), slog.LevelInfo).Error(nasty, "error", errors.New(nasty))
		if got := out.String(); !strings.HasSuffix(got, want+"\n") {
			t.Errorf("with JOURNAL_STREAM=%q: %q", stream, got)
		}
	}
}

func TestTheLevelHolds(t *testing.T) {
	for _, stream := range []string{"", "8:4711"} {
		t.Setenv("JOURNAL_STREAM", stream)
		var out bytes.Buffer
		log := newLogger(&out, slog.LevelWarn)
		log.Info("quiet")
		log.With("a", 1).WithGroup("g").Debug("quiet")
		log.Warn("loud")
		if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") {
			t.Errorf("with JOURNAL_STREAM=%q: %q", stream, got)
		}
	}
}

func TestOnATerminalLinesHaveTimeAndLevel(t *testing.T) {
	t.Setenv("JOURNAL_STREAM", "")
	var out bytes.Buffer
	newLogger(&out, slog.LevelInfo).Info("m", "a", 1)
	if !regexp.MustCompile(`^time=\S+ level=INFO msg=m a=1\n$`).MatchString(out.String()) {
		t.Errorf("%q", out.String())
	}
}

func TestLinesOfManyGoroutinesStayWhole(t *testing.T) {
	t.Setenv("JOURNAL_STREAM", "8:4711")
	var mu sync.Mutex
	var writes []string
	log := newLogger(writer(func(p []byte) {
		mu.Lock()
		defer mu.Unlock()
		writes = append(writes, string(p))
	}), slog.LevelInfo)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			l := log.With("a", 1)
			for range 50 {
				l.Info("message", "b", 2)
			}
		})
	}
	all.Wait()
	for _, line := range writes {
		if line != "<6>message a=1 b=2\n" {
			t.Fatalf("%q", line)
		}
	}
	if len(writes) != 400 {
		t.Errorf("%d lines", len(writes))
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }
