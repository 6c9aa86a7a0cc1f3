// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// story collects the messages that are of a kind.
type story struct {
	slog.Handler
	mu   *sync.Mutex
	all  *[]told
	with message.About
}

type told struct {
	message.About
	level slog.Level
	text  string
}

func newStory(o *manager.Options) *story {
	s := &story{slog.DiscardHandler, new(sync.Mutex), new([]told), message.About{}}
	o.Log = slog.New(s)
	return s
}

func (s *story) Enabled(context.Context, slog.Level) bool { return true }

func (s *story) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *s
	for _, a := range attrs {
		about, _ := message.Of(a)
		next.with = next.with.With(about)
	}
	return &next
}

func (s *story) Handle(_ context.Context, r slog.Record) error {
	about := s.with
	r.Attrs(func(a slog.Attr) bool {
		more, _ := message.Of(a)
		about = about.With(more)
		return true
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if about.Kind != "" {
		*s.all = append(*s.all, told{about, r.Level, r.Message})
	}
	return nil
}

// take returns what was told since it was last taken.
func (s *story) take() []told {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := *s.all
	*s.all = nil
	return all
}

// expect holds a story to kinds, each with a part of its text.
func expect(t *testing.T, got []told, want ...any) {
	t.Helper()
	show := ""
	for _, m := range got {
		show += fmt.Sprintf("\n  %s change %d %s: %s", m.level, m.Change, m.Unit, m.text)
	}
	if len(got) != len(want)/2 {
		t.Fatalf("%d messages, want %d:%s", len(got), len(want)/2, show)
	}
	for i, m := range got {
		if m.Kind != want[2*i] || !strings.Contains(m.text, want[2*i+1].(string)) {
			t.Errorf("message %d is not %q:%s", i+1, want[2*i+1], show)
		}
	}
}

// done carries out a change that must succeed.
func (p *process) done(t *testing.T, c units.Change) units.Report {
	t.Helper()
	r, err := p.Change(t.Context(), c)
	if err != nil {
		t.Fatalf("%s: %v", c.Cause, err)
	}
	return r
}

func TestAChangeIsAStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		var s *story
		p := w.start(func(o *manager.Options) { s = newStory(o) })
		s.take()

		c := everything(t)
		uid := uint32(1000)
		c.Who, c.Comment = units.Who{Via: units.ViaSocket, UID: &uid, User: "alice", Request: "ref-1"}, "why"
		r := p.done(t, c)
		all := s.take()
		number := fmt.Sprintf("change %d (%s)", r.Entry, c.Cause)
		expect(t, all[:2],
			message.ChangeBegun, "begins, by alice: try kresd@canary.service; load kres-policy-loader.service; restart 4 units",
			message.StepDone, "tried the configuration with kresd@canary.service in ")
		expect(t, all[len(all)-1:], message.ChangeApplied, number+" is in force after ")
		if len(all) != 8 {
			t.Errorf("%d messages: %+v", len(all), all)
		}
		for _, m := range all {
			if m.Change != r.Entry || m.Request != "ref-1" || m.level != slog.LevelInfo || m.Generation != r.Generation {
				t.Errorf("%+v is not about change %d", m, r.Entry)
			}
			if m.Kind == message.StepDone && (m.Unit == "" || m.Step == "") {
				t.Errorf("%+v has no unit or step", m)
			}
		}

		// Nothing to do is nothing to tell of, but for the end.
		p.done(t, c)
		for _, m := range s.take() {
			if m.Kind != message.ChangeApplied {
				t.Errorf("a change of nothing: %+v", m)
			}
		}
	})
}

func TestAFailedChangeIsAStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		var s *story
		p := w.start(func(o *manager.Options) { s = newStory(o) })
		s.take()
		w.sys.Script("restart "+units.Worker(2), fakesystemd.Fails)
		r, _ := p.refuse(t, everything(t))
		all := s.take()
		var kinds []message.Kind
		for _, m := range all {
			if m.Kind != message.StepDone {
				kinds = append(kinds, m.Kind)
			}
		}
		want := []message.Kind{message.ChangeBegun, message.StepFailed, message.ChangeRestoring, message.ChangeFailed}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("%s in %+v", diff, all)
		}
		expect(t, all[len(all)-1:], message.ChangeFailed,
			fmt.Sprintf("change %d (%s), by unknown, failed, and what ran before runs: ", r.Entry, everything(t).Cause))
		for _, m := range all {
			if m.Change != r.Entry {
				t.Errorf("%+v is not about change %d", m, r.Entry)
			}
		}
	})
}

func TestAPromiseIsAStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		var s *story
		p := w.start(func(o *manager.Options) { s = newStory(o) })
		s.take()
		kinds := func() (kinds []message.Kind) {
			for _, m := range s.take() {
				if m.Kind != message.StepDone {
					kinds = append(kinds, m.Kind)
				}
			}
			return kinds
		}
		c := everything(t)
		c.ConfirmWithin = time.Minute
		r := p.done(t, c)
		if got := fmt.Sprint(kinds()); got != fmt.Sprint([]message.Kind{message.ChangeBegun, message.ChangeWaits, message.ChangeApplied}) {
			t.Errorf("a change that is to be confirmed: %s", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		all := s.take()
		if len(all) == 0 || all[0].Kind != message.ChangeUndone || all[0].Change != r.Entry || all[0].level != slog.LevelWarn ||
			!strings.Contains(all[0].text, fmt.Sprintf("change %d is undone, because no one confirmed it", r.Entry)) {
			t.Errorf("no one confirms: %+v", all)
		}

		r = p.done(t, c)
		s.take()
		if _, err := p.Confirm(t.Context(), units.Who{Via: units.ViaSocket, User: "bob", UID: new(uint32(7))}); err != nil {
			t.Fatal(err)
		}
		expect(t, s.take(), message.ChangeConfirmed, fmt.Sprintf("change %d is confirmed by bob", r.Entry))
	})
}

func TestACrashAndARepairAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		var s *story
		p := w.start(func(o *manager.Options) { s = newStory(o) })
		s.take()
		events := p.Events(t.Context())
		w.sys.Crash(units.Worker(1))
		p.drift()
		w.sys.AutoRestart()
		p.drift()
		all := s.take()
		if len(all) == 0 || all[0].Kind != message.UnitCrashed || all[0].Unit != units.Worker(1) || all[0].level != slog.LevelError {
			t.Errorf("a crash: %+v", all)
		}
		crash := false
		for len(events) > 0 {
			e := <-events
			crash = crash || e.Kind == units.EventCrash && e.Unit == units.Worker(1)
		}
		if !crash {
			t.Error("there is no event of it")
		}

		w.sys.AdminStop(units.Worker(2))
		p.drift()
		expect(t, s.take(),
			message.Drift, "repairing kresd@2.service: start (is not running)",
			message.StepDone, "started kresd@2.service in ",
			message.Repaired, "repaired in ")
	})
}
