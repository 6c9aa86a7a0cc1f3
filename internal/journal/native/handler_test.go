// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/message"
)

// journald takes entries as the journal does.
func journald(t *testing.T) (path string, next func() map[string]string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "socket")
	return path, reader(t, path)
}

func reader(t *testing.T, path string) (next func() map[string]string) {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	buf := make([]byte, 1<<20)
	return func() map[string]string {
		t.Helper()
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("nothing comes: %v", err)
		}
		return parse(t, string(buf[:n]))
	}
}

// parse reads an entry as the protocol says. A field that is there twice is an error.
func parse(t *testing.T, s string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for s != "" {
		line, rest, ok := strings.Cut(s, "\n")
		if !ok {
			t.Fatalf("no end of %q", s)
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			if len(rest) < 8 {
				t.Fatalf("no length after %q", line)
			}
			n := binary.LittleEndian.Uint64([]byte(rest[:8]))
			if n > uint64(len(rest)-9) || rest[8+n] != '\n' {
				t.Fatalf("%s has %d bytes, and the length %d", name, len(rest)-9, n)
			}
			value, rest = rest[8:8+n], rest[8+n+1:]
		}
		if _, twice := all[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		all[name], s = value, rest
	}
	return all
}

func logger(t *testing.T, path string) *slog.Logger {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return slog.New(NewHandler(s, slog.LevelDebug-4))
}

func TestEntries(t *testing.T) {
	path, next := journald(t)
	for _, c := range []struct {
		name string
		log  func(*slog.Logger)
		want map[string]string
	}{
		{"text is for people, with attributes after it", func(l *slog.Logger) { l.Warn("a message", "n", 3, "why", "two words") },
			map[string]string{"MESSAGE": `a message n=3 why="two words"`, "PRIORITY": "4"}},
		{"known attributes are fields, too", func(l *slog.Logger) {
			l.Info("m", "unit", "kresd@1.service", "step", "restart", "change", "the last one", "generation", "ab", "reference", "r1")
		}, map[string]string{"MESSAGE": `m unit=kresd@1.service step=restart change="the last one" generation=ab reference=r1`, "PRIORITY": "6",
			"KRES_UNIT": "kresd@1.service", "KRES_STEP": "restart", "KRES_GENERATION": "ab", "KRES_REQUEST": "r1"}},
		{"what it is about is in fields alone", func(l *slog.Logger) {
			l.Error("no", message.About{Kind: message.ChangeFailed, Change: 17, Request: "r2"}.Attr())
		}, map[string]string{"MESSAGE": "no", "PRIORITY": "3", "MESSAGE_ID": string(message.ChangeFailed), "KRES_CHANGE": "17", "KRES_REQUEST": "r2"}},
		{"that of a logger and that of the message are one", func(l *slog.Logger) {
			l.With(message.About{Change: 17, Generation: "old"}.Attr(), "a", 1).Info("m", message.About{Unit: "u", Generation: "new"}.Attr())
		}, map[string]string{"MESSAGE": "m a=1", "PRIORITY": "6", "KRES_CHANGE": "17", "KRES_UNIT": "u", "KRES_GENERATION": "new"}},
		{"an attribute of the message wins", func(l *slog.Logger) {
			l.With("unit", "x", message.About{Unit: "y"}.Attr()).Info("m", "unit", "z")
		}, map[string]string{"MESSAGE": "m unit=x unit=z", "PRIORITY": "6", "KRES_UNIT": "z"}},
		{"keys inside of a group are others", func(l *slog.Logger) { l.WithGroup("g").Debug("m", "unit", "x") },
			map[string]string{"MESSAGE": "m g.unit=x", "PRIORITY": "7"}},
		{"several lines are one entry", func(l *slog.Logger) { l.Error("one\ntwo") },
			map[string]string{"MESSAGE": "one\ntwo", "PRIORITY": "3"}},
		{"a value makes no field", func(l *slog.Logger) {
			l.Warn("m", "error", errors.New("x\nPRIORITY=0\nUNIT=init"), "unit", "a\nPRIORITY=0")
		}, map[string]string{"MESSAGE": `m error="x\nPRIORITY=0\nUNIT=init" unit="a\nPRIORITY=0"`, "PRIORITY": "4", "KRES_UNIT": `a\nPRIORITY=0`}},
		{"nothing steers a terminal", func(l *slog.Logger) { l.Warn("\x1b[2J\u202e", "unit", "\x1b[2J") },
			map[string]string{"MESSAGE": `\u001b[2J\u202e unit="\x1b[2J"`, "PRIORITY": "4", "KRES_UNIT": `\u001b[2J`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.log(logger(t, path))
			c.want["SYSLOG_IDENTIFIER"] = "kresd-manager"
			if diff := cmp.Diff(c.want, next()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnEntryHasBounds(t *testing.T) {
	path, next := journald(t)
	long := strings.Repeat("ž", 1<<20)
	logger(t, path).Error(long, "unit", long)
	got := next()
	if m := got["MESSAGE"]; len(m) > maxMessage || len(m) < maxMessage-4 || !strings.HasSuffix(m, "ž…") {
		t.Errorf("a message of %d bytes", len(m))
	}
	if u := got["KRES_UNIT"]; len(u) > maxField || !strings.HasSuffix(u, "ž…") {
		t.Errorf("a field of %d bytes", len(u))
	}
}
