// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kresd-manager/internal/client"
	"kresd-manager/units"
)

// A reader goes on after what it has seen when the manager restarts or is killed, and
// not when no other one follows.
func TestAStreamGoesOnAfterARestart(t *testing.T) {
	const (
		restart = "event: ending\ndata: {\"restart\":true}\n\n"
		stop    = "event: ending\ndata: {}\n\n"
	)
	abort := func() { panic(http.ErrAbortHandler) }
	none := func() {}
	for name, c := range map[string]struct {
		end   string
		then  func()
		again time.Duration
		want  string // what is seen and what was asked for, then how it ends
	}{
		"a restart":                        {restart, none, time.Minute, "from  saw 1 lost from r-1 back saw 2 lost from r-2 back saw 3 lost from r-3: refused"},
		"a manager that is killed":         {"", abort, time.Minute, "from  saw 1 lost from r-1 back saw 2 lost from r-2 back saw 3 lost from r-3: refused"},
		"a reader that was too slow":       {"", none, time.Minute, "from  saw 1: ended"},
		"a manager that is stopped":        {stop, none, time.Minute, "from  saw 1: ended"},
		"a restart, and no one is to wait": {restart, none, 0, "from  saw 1: ended"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var said strings.Builder
			say := func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(&said, format, args...)
			}
			var asked atomic.Int64
			manager := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := asked.Add(1)
				say(" from %s", r.Header.Get("Last-Event-ID"))
				if n > 3 {
					http.Error(w, "no more", http.StatusServiceUnavailable)
					return
				}
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = fmt.Fprintf(w, ": x\n\nid: r-%d\nevent: applied\ndata: {\"n\":%d}\n\n", n, n)
				_, _ = io.WriteString(w, c.end)
				_ = http.NewResponseController(w).Flush()
				c.then()
			}))
			err := manager.Events(t.Context(), client.Reconnect{
				For: c.again, Lost: func() { say(" lost") }, Back: func() { say(" back") },
			}, func(e units.Event) { say(" saw %d", e.N) })
			var ended *client.EndedError
			var refused *client.Error
			switch {
			case errors.As(err, &ended):
				say(": ended")
			case errors.As(err, &refused):
				say(": refused")
			default:
				say(": %v", err)
			}
			got := strings.TrimSpace(said.String())
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// Who gets no answer for too long is told, also if something takes the connection.
func TestAReaderDoesNotWaitForever(t *testing.T) {
	var asked atomic.Int64
	manager := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: ending\ndata: {\"restart\":true}\n\n")
	}))
	err := manager.Logs(t.Context(), units.LogQuery{Follow: true}, client.Reconnect{
		For: 300 * time.Millisecond, Lost: func() {}, Back: func() { t.Error("it is back") },
	}, func(units.LogLine) {})
	var none *client.ConnectError
	if !errors.As(err, &none) || !strings.HasSuffix(err.Error(), ": no answer within 300ms") || !client.Unreachable(err) {
		t.Errorf("the error is %v", err)
	}
	if asked.Load() != 2 {
		t.Errorf("it was asked %d times", asked.Load())
	}
}
