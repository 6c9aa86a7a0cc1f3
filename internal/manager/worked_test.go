// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"slices"
	"sync"
	"testing"

	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/units"
)

// What was done is told by how much it was: who only asks must not have the program read in
// again each time.
func TestHowMuchWasDoneIsTold(t *testing.T) {
	var mu sync.Mutex
	var told []manager.Work
	since := func() []manager.Work {
		mu.Lock()
		defer mu.Unlock()
		all := slices.DeleteFunc(told, func(w manager.Work) bool { return w == manager.Looked })
		told = nil
		return all
	}
	m := inmemory.New(t, "workers: 1\n", func(o *manager.Options) {
		o.Worked = func(w manager.Work) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, w)
		}
	})
	reload := func(text string) []manager.Work {
		_ = m.Needed(t.Context()) // comes after what is told
		since()
		m.Set(t, text)
		if _, err := m.Reload(t.Context(), units.Again{}); err != nil {
			t.Fatal(err)
		}
		_ = m.Needed(t.Context())
		return since()
	}
	if got := reload("workers: 2\n"); !slices.Contains(got, manager.Carried) {
		t.Errorf("a change told %v", got)
	}
	if got := reload("workers: 2\n"); slices.Contains(got, manager.Carried) || !slices.Contains(got, manager.Asked) {
		t.Errorf("the same once more told %v", got)
	}
}
