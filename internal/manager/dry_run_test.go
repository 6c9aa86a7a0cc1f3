// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/units"
)

// A plan is answered while a change is in progress, and leaves that change and its
// record alone.
func TestDryRunsDoNotWaitForAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, basic)
		p := w.start()
		w.sys.Took = time.Second
		done := make(chan error, 1)
		go func() {
			_, err := p.Change(t.Context(), put(t, "/nsid", `"x"`))
			done <- err
		}()
		synctest.Wait()
		p.wantState(t, "applying")
		warnings := strings.Count(w.log.String(), "level=WARN")
		began := time.Now()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				c := put(t, "/workers", "2")
				c.DryRun = true
				if r, err := p.Change(t.Context(), c); err != nil || !r.DryRun || len(r.Plan.Touches(units.Stop)) == 0 {
					t.Errorf("change: %v, %v", r.Plan, err)
				}
				if _, err := p.Reload(t.Context(), units.Again{DryRun: true}); err != nil {
					t.Errorf("reload: %v", err)
				}
				c = put(t, "/workers", "0") // a refusal must not touch the change either
				c.DryRun = true
				if _, err := p.Change(t.Context(), c); err == nil {
					t.Error("no worker at all was planned")
				}
			})
		}
		all.Wait()
		if n := strings.Count(w.log.String(), "level=WARN"); n != warnings {
			t.Errorf("%d warnings in the log, want those %d of before", n, warnings)
		}
		if took := time.Since(began); took != 0 { // the clock of the bubble stands still
			t.Errorf("the plans waited for %s", took)
		}
		p.wantState(t, "applying")
		if _, err := os.Stat(filepath.Join(w.store.Root, "applying.json")); err != nil {
			t.Errorf("the record of the change in progress: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("change: %v", err)
		}
		if v, _ := p.Running().Value("/nsid"); string(v) != `"x"` {
			t.Error("the change was not carried out")
		}
		if v, _ := p.Running().Value("/workers"); string(v) != "3" {
			t.Errorf("a dry run has changed the workers to %s", v)
		}
	})
}
