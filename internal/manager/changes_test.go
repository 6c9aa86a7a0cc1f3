// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/units"
)

// known is a change as it is now.
func known(t *testing.T, m *manager.Manager, id int) units.ChangeStatus {
	t.Helper()
	now, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := m.AwaitChange(now, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// asked is a change under way.
type asked struct {
	id     int
	result chan error
}

// ask asks for a change and returns when it waits for its turn.
func ask(t *testing.T, m *manager.Manager, c units.Change) asked {
	t.Helper()
	number := make(chan int, 1)
	a := asked{result: make(chan error, 1)}
	c.Numbered = func(id int) { number <- id }
	go func() {
		_, err := m.Change(context.WithoutCancel(t.Context()), c)
		a.result <- err
	}()
	a.id = <-number
	return a
}

func TestAChangeThatWaitsSaysForWhat(t *testing.T) {
	m := inmemory.New(t, "workers: 2\n")
	entered, release := m.Hold("start")
	first := put(t, "/workers", "3")
	first.Who = units.Who{User: "alice"}
	one := ask(t, m.Manager, first)
	<-entered
	two, three := ask(t, m.Manager, put(t, "/nsid", "two")), ask(t, m.Manager, put(t, "/hostname", "three"))
	if one.id == 0 || two.id != one.id+1 || three.id != two.id+1 {
		t.Fatalf("numbers %d, %d, %d", one.id, two.id, three.id)
	}
	c := known(t, m.Manager, one.id)
	if c.State != units.ChangeApplying || c.Began == nil || c.Plan == nil || len(c.Steps) == 0 || c.Behind != nil {
		t.Errorf("the first: %+v", c)
	}
	for id, position := range map[int]int{two.id: 1, three.id: 2} {
		c := known(t, m.Manager, id)
		if c.State != units.ChangeQueued || c.Position != position || c.Behind == nil || c.Behind.ID != one.id ||
			c.Behind.Cause != "PUT /workers" || c.Behind.Who.User != "alice" || c.Behind.Since.IsZero() {
			t.Errorf("number %d in the queue: %+v", position, c)
		}
	}
	st, err := m.Status(t.Context())
	if err != nil || st.Change == nil || st.Change.ID != one.id || st.Queued != 2 {
		t.Errorf("the status: %+v, %d queued, %v", st.Change, st.Queued, err)
	}
	var ids []int
	for _, c := range m.Changes() {
		ids = append(ids, c.ID)
	}
	if fmt.Sprint(ids) != fmt.Sprint([]int{one.id, two.id, three.id}) {
		t.Errorf("listed: %v", ids)
	}

	// Who waits for news gets them, and not before there are any.
	seen := known(t, m.Manager, two.id)
	news := make(chan units.ChangeStatus)
	go func() {
		c, err := m.AwaitChange(context.Background(), two.id, seen.Revision)
		if err != nil {
			t.Error(err)
		}
		news <- c
	}()
	// One that waits is given up before it begins.
	if c, ok := m.Cancel(three.id); !ok || c.ID != three.id || c.State != units.ChangeQueued {
		t.Errorf("cancel: %+v, %t", c, ok)
	}
	if err := <-three.result; !errors.Is(err, units.ErrCanceled) {
		t.Errorf("the one that was given up: %v", err)
	}
	if c := <-news; c.Revision <= seen.Revision {
		t.Errorf("no news: %+v", c)
	}
	release()
	if err := errors.Join(<-one.result, <-two.result); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int]units.ChangeState{one.id: units.ChangeApplied, two.id: units.ChangeApplied, three.id: units.ChangeCanceled} {
		c := known(t, m.Manager, id)
		if c.State != want || c.Ended == nil || c.Report == nil || (c.Err != nil) != (want == units.ChangeCanceled) {
			t.Errorf("%d in the end: %+v", id, c)
		}
		if want == units.ChangeApplied && c.Report.Entry != id {
			t.Errorf("change %d is number %d of the history", id, c.Report.Entry)
		}
	}
	for _, s := range known(t, m.Manager, one.id).Steps {
		if !s.Done || s.Error != "" || s.Took <= 0 {
			t.Errorf("a step in the end: %+v", s)
		}
	}
	if _, ok := m.Cancel(one.id); ok {
		t.Error("what has ended is given up")
	}
	if st, err := m.Status(t.Context()); err != nil || st.Change != nil || st.Queued != 0 {
		t.Errorf("the status in the end: %+v, %d, %v", st.Change, st.Queued, err)
	}
}

// Many at once come in the order of their numbers.
func TestChangesAreCarriedOutInTheOrderOfTheirNumbers(t *testing.T) {
	m := inmemory.New(t, "workers: 1\n")
	entered, release := m.Hold("start")
	all := []asked{ask(t, m.Manager, put(t, "/workers", "2"))}
	<-entered
	for i := range 20 {
		all = append(all, ask(t, m.Manager, put(t, "/nsid", fmt.Sprintf("n%d", i))))
	}
	release()
	for _, a := range all {
		if err := <-a.result; err != nil {
			t.Fatal(err)
		}
	}
	last := 1 << 30
	for _, e := range m.History().Entries {
		if e.ID >= last {
			t.Errorf("%d comes before %d", e.ID, last)
		}
		last = e.ID
	}
	if v, _ := m.Running().Value("/nsid"); string(v) != `"n19"` {
		t.Errorf("the last one has it: %s", v)
	}
}

// A step that failed is in what is told of the change, and so is the way back.
func TestAChangeThatFailsTellsItsSteps(t *testing.T) {
	m := inmemory.New(t, "workers: 2\n")
	a := ask(t, m.Manager, put(t, "/lua/script", `"no_such_function()"`))
	if err := <-a.result; err == nil {
		t.Fatal("it is applied")
	}
	c := known(t, m.Manager, a.id)
	if c.State != units.ChangeRefused || c.Err == nil || !c.Concerns || len(c.Steps) != 1 || !c.Steps[0].Done || c.Steps[0].Error == "" || c.Steps[0].Kind != units.Try {
		t.Errorf("%+v", c)
	}
	if e := m.History().Entries[0]; e.ID != a.id || e.Outcome != units.OutcomeFailed {
		t.Errorf("the history: %+v", e)
	}
}

// What has ended is kept for some time and up to some number, and then in the
// history alone.
func TestEndedChangesAreForgotten(t *testing.T) {
	const kept = 64
	m := inmemory.New(t, "workers: 1\n")
	var all []asked
	for range kept + 1 { // nothing differs, so that the history has none of them
		a := ask(t, m.Manager, put(t, "/workers", "1"))
		if err := <-a.result; err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	if c := known(t, m.Manager, all[1].id); c.State != units.ChangeApplied || c.Report == nil || c.Report.Entry != 0 {
		t.Errorf("%+v", c)
	}
	var none *units.NoEntryError
	if _, err := m.AwaitChange(t.Context(), all[0].id, 0); !errors.As(err, &none) || none.Entry != all[0].id {
		t.Errorf("the oldest: %v", err)
	}
	if n := len(m.Changes()); n != kept {
		t.Errorf("%d are listed", n)
	}
}

func TestTheHistoryTellsWhatEndedLongAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWorld(t, basic).start()
		good, empty := ask(t, p.Manager, put(t, "/workers", "2")), ask(t, p.Manager, put(t, "/workers", "2"))
		bad := ask(t, p.Manager, put(t, "/lua/script", `"no_such_function()"`))
		for _, a := range []asked{good, empty, bad} {
			<-a.result
		}
		time.Sleep(time.Hour)
		if n := len(p.Changes()); n != 0 {
			t.Errorf("%d are listed", n)
		}
		if c := known(t, p.Manager, good.id); c.State != units.ChangeApplied || c.Cause != "PUT /workers" || c.Report.Entry != good.id || len(c.Report.Diff.Changes) != 1 {
			t.Errorf("%+v", c)
		}
		if c := known(t, p.Manager, bad.id); c.State != units.ChangeRefused || c.Report.Error == "" {
			t.Errorf("%+v", c)
		}
		var none *units.NoEntryError
		if _, err := p.AwaitChange(t.Context(), empty.id, 0); !errors.As(err, &none) {
			t.Errorf("what changed nothing: %v", err)
		}
	})
}

func TestAnUndoneChangeSaysByWhich(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWorld(t, basic).start()
		c := put(t, "/workers", "2")
		c.ConfirmWithin = time.Minute
		a, later := ask(t, p.Manager, c), ask(t, p.Manager, put(t, "/nsid", "x"))
		if err := errors.Join(<-a.result, <-later.result); err != nil {
			t.Fatal(err)
		}
		for _, after := range []time.Duration{2 * time.Minute, time.Hour} { // by now from the history
			time.Sleep(after)
			undo := p.History().Entries[0].ID
			for _, id := range []int{a.id, later.id} {
				if c := known(t, p.Manager, id); c.State != units.ChangeUndone || c.UndoneBy != undo {
					t.Errorf("after %s, change %d: %+v", after, id, c)
				}
			}
		}
	})
}

// A number that somebody was told belongs to one change for good, though the history
// does not have it.
func TestNoNumberIsGivenTwice(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	p.change(t, "/workers", "2")
	a := ask(t, p.Manager, put(t, "/workers", "2"))
	if err := <-a.result; err != nil {
		t.Fatal(err)
	}
	p.end()
	if r := w.start().change(t, "/workers", "1"); r.Entry <= a.id {
		t.Errorf("change %d after change %d", r.Entry, a.id)
	}
}

// What nobody was told a number of takes none if it does nothing: the history has no
// gaps that people wonder at.
func TestWhatDoesNothingTakesNoNumber(t *testing.T) {
	p := newWorld(t, basic).start()
	first := p.change(t, "/workers", "2").Entry
	if _, err := p.Reload(t.Context(), units.Again{DryRun: true}); err != nil {
		t.Fatal(err)
	}
	p.change(t, "/workers", "2")
	if next := p.change(t, "/workers", "1").Entry; next != first+1 {
		t.Errorf("%d follows %d", next, first)
	}
}
