// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// idleWorld is a manager as the idler sees it.
type idleWorld struct {
	began  time.Time
	after  time.Duration
	busy   time.Duration // someone is connected until then
	need   time.Duration // there is a reason to stay until then
	looked int
}

func (w *idleWorld) idler() *idler {
	return &idler{
		after: func() time.Duration { return w.after },
		unused: func() time.Duration {
			return max(0, time.Since(w.began)-w.busy)
		},
		needed: func(context.Context) string {
			w.looked++
			if time.Since(w.began) < w.need {
				return "reason"
			}
			return ""
		},
		log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

func TestEndsIdleWhenNoOneNeedsIt(t *testing.T) {
	for _, test := range []struct {
		name             string
		after, busy      time.Duration
		need             time.Duration
		earliest, latest time.Duration
	}{
		{"no one comes", time.Minute, 0, 0, time.Minute, time.Minute},
		{"a connection is open for long", time.Minute, time.Hour, 0, time.Hour + time.Minute, time.Hour + time.Minute + mostLook},
		{"there is work for long", time.Minute, 0, time.Hour, time.Hour, time.Hour + mostLook},
		{"a short time", 5 * time.Second, 0, 0, 5 * time.Second, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &idleWorld{began: time.Now(), after: test.after, busy: test.busy, need: test.need}
				w.idler().wait(t.Context())
				if took := time.Since(w.began); took < test.earliest || took > test.latest {
					t.Errorf("ended after %s, want %s to %s", took, test.earliest, test.latest)
				}
			})
		})
	}
	t.Run("not wanted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &idleWorld{began: time.Now()}
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			defer cancel()
			if w.idler().wait(ctx); ctx.Err() == nil || w.looked > 0 {
				t.Errorf("ended after %s, looked %d times", time.Since(w.began), w.looked)
			}
		})
	})
}

// A manager that does not end idle is not woken to find out, but by a change that
// wants it.
func TestEndsIdleOnceThatIsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &idleWorld{began: time.Now()}
		changed := make(chan struct{}, 1)
		i := w.idler()
		i.changed = changed
		asked := 0
		var after atomic.Int64
		i.after = func() time.Duration { asked++; return time.Duration(after.Load()) }
		go func() {
			time.Sleep(time.Hour)
			after.Store(int64(time.Minute))
			changed <- struct{}{}
		}()
		i.wait(t.Context())
		if took := time.Since(w.began); took != time.Hour || asked > 3 {
			t.Errorf("ended after %s, looked %d times", took, asked)
		}
	})
}
