// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

func TestConcurrentChangesAreAllCarriedOut(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	const writers = 8
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			c := put(t, fmt.Sprintf("/local-data/addresses/host%d.example", i), `"192.0.2.2"`)
			if _, err := p.Change(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() { // readers
			if _, err := p.Status(t.Context()); err != nil {
				t.Error(err)
			}
			p.Running().JSON()
		})
	}
	all.Wait()
	for i := range writers {
		if _, err := p.Running().Value(fmt.Sprintf("/local-data/addresses/host%d.example", i)); err != nil {
			t.Error(err)
		}
	}
	p.wantState(t, "running")
}

func TestOfManyWritersThatSawTheSameOneWins(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	seen := p.Running().ETag()
	mismatch := errors.New("someone else was faster")
	var mu sync.Mutex
	var won, lost int
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			c := put(t, "/nsid", fmt.Sprintf(`"%d"`, i))
			c.Match = func(etag string) error {
				if etag != seen {
					return mismatch
				}
				return nil
			}
			_, err := p.Change(t.Context(), c)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, mismatch):
				lost++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won != 1 || lost != 7 {
		t.Errorf("%d won, %d lost", won, lost)
	}
}

func TestARequestThatIsWrongByItselfIsNoOneElsesAffair(t *testing.T) {
	w := newWorld(t, basic)
	p := w.start()
	w.sys.Watch()
	before := p.wantState(t, "running")
	mismatch := errors.New("no match")
	var problems config.Problems
	for name, c := range map[string]units.Change{
		"mismatch": {Match: func(string) error { return mismatch }, Edit: put(t, "/nsid", `"x"`).Edit},
		"edit":     {Edit: func(*config.Document) (*config.Document, error) { return nil, mismatch }},
		"invalid":  put(t, "/workers", "0"),
		"rundir":   put(t, "/rundir", `"/elsewhere"`),
	} {
		_, err := p.Change(t.Context(), c)
		if !errors.Is(err, mismatch) && !errors.As(err, &problems) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.wantJobs(t)
	if after := p.wantState(t, "running"); after.LastApply.Error != before.LastApply.Error {
		t.Errorf("status tells everyone %q", after.LastApply.Error)
	}
}

func TestAClientThatLeavesDoesNotCancelItsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Took = time.Second
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := p.Change(ctx, put(t, "/nsid", `"x"`))
			done <- err
		}()
		synctest.Wait()
		p.wantState(t, "applying")
		leave()
		if err := <-done; err != nil {
			t.Errorf("change: %v", err)
		}
		if v, _ := p.Running().Value("/nsid"); string(v) != `"x"` {
			t.Error("the change was not carried out")
		}
		p.wantState(t, "running")
	})
}

func TestAClientThatLeavesBeforeItsTurnChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Took = time.Second
		first, second := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := p.Change(t.Context(), put(t, "/nsid", `"first"`))
			first <- err
		}()
		synctest.Wait()
		ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer leave()
		go func() {
			_, err := p.Change(ctx, put(t, "/nsid", `"second"`))
			second <- err
		}()
		if err := <-second; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("second: %v", err)
		}
		if err := <-first; err != nil {
			t.Errorf("first: %v", err)
		}
		if v, _ := p.Running().Value("/nsid"); string(v) != `"first"` {
			t.Errorf("running: %s", v)
		}
	})
}
