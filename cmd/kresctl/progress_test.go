// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/internal/visible"
	"kresd-manager/test/buffer"
	"kresd-manager/test/listen"
	"kresd-manager/units"
)

// listening returns a manager in memory that is served on a socket.
func listening(t *testing.T) (*inmemory.Machine, string) {
	t.Helper()
	m := inmemory.New(t, "workers: 2\n")
	return m, listen.Serve(t, api.New(m, api.Options{}))
}

// call is a command under way.
type call struct {
	stdout, stderr buffer.Buffer
	leave          context.CancelFunc
	status         chan int
}

func begin(t *testing.T, args ...string) *call {
	c := &call{status: make(chan int, 1)}
	var ctx context.Context
	ctx, c.leave = context.WithCancel(t.Context())
	go func() {
		c.status <- run(ctx, args, strings.NewReader(""), visible.NewWriter(&c.stdout), visible.NewWriter(&c.stderr))
	}()
	return c
}

// Where there is no terminal, what a change waits for and each of its steps is a line, and
// the plan comes once, with the result.
func TestALongChangeIsShownInLines(t *testing.T) {
	m, socket := listening(t)
	entered, release := m.Hold("start")
	defer release()
	first := begin(t, "-s", socket, "config", "set", "-p", "/workers", "3")
	<-entered
	second := begin(t, "-s", socket, "config", "set", "-p", "/nsid", "x")
	second.stderr.Holds(t, "waits behind change 2 (PUT /workers, by ")
	third := begin(t, "-s", socket, "reload")
	third.stderr.Holds(t, ", number 2 in the queue\n")
	quiet := begin(t, "-s", socket, "renew", "-q")

	// Whoever comes in the middle sees what goes on.
	events := begin(t, "-s", socket, "events", "-f")
	events.stdout.Holds(t, "change 2 (PUT /workers, by ")
	events.stdout.Holds(t, " is in progress for ")
	events.stdout.Holds(t, "waits behind change 2 (PUT /workers, by ")
	events.leave()
	if got := <-events.status; got != 0 {
		t.Errorf("events ends with %d", got)
	}

	// Ctrl-C leaves the change, and says what goes on.
	third.leave()
	if got := <-third.status; got != exitFailed {
		t.Errorf("who leaves gets %d", got)
	}
	if !regexp.MustCompile(`kresctl: change 4 goes on; kresctl cancel 4 gives it up, kresctl status shows it\n$`).MatchString(third.stderr.String()) {
		t.Errorf("who leaves is told %q", third.stderr.String())
	}

	release()
	for name, c := range map[string]*call{"first": first, "second": second, "quiet": quiet} {
		if got := <-c.status; got != 0 {
			t.Errorf("the %s: %d %s", name, got, c.stderr.String())
		}
	}
	if !strings.Contains(first.stderr.String(), "change 2: 1 of ") || strings.ContainsAny(first.stderr.String()+second.stderr.String(), "\r\x1b") {
		t.Errorf("the first: %q, the second: %q", first.stderr.String(), second.stderr.String())
	}
	if n := strings.Count(first.stdout.String()+first.stderr.String(), "kresd@3.service"); n > 3 { // in the plan, started, in the result
		t.Errorf("the first says %d times what it starts: %s%s", n, first.stderr.String(), first.stdout.String())
	}
	if quiet.stdout.String()+quiet.stderr.String() != "" {
		t.Errorf("quiet: %q %q", quiet.stdout.String(), quiet.stderr.String())
	}
}

// erases goes to the beginning of the line and empties it.
const erases = "\r\x1b[2K"

// On a terminal it is one line, which is redrawn, is never longer than that, and is gone
// in the end. Nothing of what others say steers the terminal.
func TestALongChangeIsOneLineOfATerminal(t *testing.T) {
	const columns = 80
	for name, socket := range map[string]func(*testing.T) (string, func()){
		"a manager": func(t *testing.T) (string, func()) {
			m, socket := listening(t)
			_, release := m.Hold("start")
			return socket, release
		},
		"an evil one": func(t *testing.T) (string, func()) { return evilChange(t) },
	} {
		t.Run(name, func(t *testing.T) {
			at, release := socket(t)
			defer release()
			ptm, pts := openTerminal(t)
			if err := unix.IoctlSetWinsize(int(pts.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
				t.Fatal(err)
			}
			var shown buffer.Buffer
			read := make(chan struct{})
			go func() {
				defer close(read)
				_, _ = io.Copy(&shown, ptm) // EIO when the other end is closed
			}()
			status := make(chan int, 1)
			go func() {
				w := visible.NewWriter(pts)
				status <- run(t.Context(), []string{"-s", at, "config", "set", "-p", "/workers", "3"}, strings.NewReader(""), w, w)
			}()
			shown.Holds(t, erases+"change 2, 2 s: ") // it is redrawn, without news
			release()
			if got := <-status; got != 0 {
				t.Errorf("exit status %d", got)
			}
			_ = pts.Close()
			<-read
			_ = ptm.Close()
			pieces := strings.Split(strings.ReplaceAll(shown.String(), "\r\n", "\n"), erases)
			if len(pieces) < 4 {
				t.Fatalf("it is not redrawn: %q", pieces)
			}
			for i, piece := range pieces {
				last := i == len(pieces)-1
				if !last && (strings.Contains(piece, "\n") || utf8.RuneCountInString(piece) >= columns) {
					t.Errorf("a line of its own, or too long: %q", piece)
				}
				if at := strings.IndexFunc(piece, func(r rune) bool { return r != '\n' && visible.Hidden(r) }); at >= 0 {
					t.Errorf("it steers the terminal: %q", piece)
				}
			}
			if last := pieces[len(pieces)-1]; strings.Contains(last, "change 2, ") {
				t.Errorf("the line is left: %q", last)
			}
		})
	}
}

// evilChange serves a change whose every text is nasty, until it is let end.
func evilChange(t *testing.T) (socket string, end func()) {
	t.Helper()
	l := listen.Unix(t)
	ended := make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c wire.Change
		fill(reflect.ValueOf(&c).Elem())
		c.ID, c.State, c.Problem = 2, units.ChangeApplying, nil
		select {
		case <-ended:
			c.State = units.ChangeApplied
		default:
		}
		if r.Method == http.MethodPut {
			w.Header().Set("Location", "/v1/changes/2")
			w.WriteHeader(http.StatusAccepted)
		}
		c.Report.DryRun = false
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(c)
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String(), sync.OnceFunc(func() { close(ended) })
}
