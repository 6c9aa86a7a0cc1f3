// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTestsThatStartGoroutinesAreFoundInTheSource(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/way.go", "package way\n")
	write(t, dir+"/way_test.go", `package way
import ("context"; "sync"; "testing")
func TestStatement(t *testing.T) { go one() }
func TestInside(t *testing.T) { t.Run("inside", func(t *testing.T) { for range 2 { go func() {}() } }) }
func TestGroup(t *testing.T) { var g sync.WaitGroup; g.Go(one) }
func TestAfter(t *testing.T) { context.AfterFunc(t.Context(), one) }
func TestParallel(t *testing.T) { t.Parallel() }
func TestByAHelper(t *testing.T) { helper() }
func TestByAMethod(t *testing.T) { thing{}.start() }
func TestNot(t *testing.T) { one() }
func one() {}
func helper() { other() }
func other() { go one() }
type thing struct{}
func (thing) start() { go one() }
`)
	var got []string
	for _, one := range testsOf(t, "way", dir) {
		if one.starts {
			got = append(got, one.name)
		}
	}
	want := []string{"TestStatement", "TestInside", "TestGroup", "TestAfter", "TestParallel", "TestByAHelper", "TestByAMethod"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tests that start goroutines (-want +got):\n%s", diff)
	}
}

func TestWhatUsesGoroutinesIsConcurrent(t *testing.T) {
	known := map[string]code{
		module + "pure":     {imports: []string{"strings", module + "purer", "gopkg.in/yaml"}},
		module + "purer":    {imports: []string{module + "pure", "net", "context"}},
		module + "itself":   {starts: true},
		module + "below":    {imports: []string{module + "purer", module + "itself"}},
		module + "server":   {imports: []string{"net/http"}},
		module + "recorder": {imports: []string{"net/http/httptest"}},
	}
	for path, want := range map[string]bool{
		module + "pure": false, module + "itself": true, module + "below": true, module + "server": true, module + "recorder": true,
		module + "of/another/module": true, "strings": false,
	} {
		if got := concurrent(known, []string{path}); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}

// TestWhereTheRaceDetectorRuns states for which packages it does, and that it runs for
// every test that starts a goroutine.
func TestWhereTheRaceDetectorRuns(t *testing.T) {
	with, without := map[string]bool{}, map[string]bool{} // packages, and with a dot single tests
	var units []pack
	for _, p := range source(t) {
		if !p.system() {
			units = append(units, p)
		}
	}
	for _, r := range races(units) {
		for _, p := range r.packs {
			if r.detector && len(r.tests) == 0 {
				with[p.name] = true
			} else if !r.detector {
				without[p.name] = true
			}
			for _, one := range p.tests {
				if r.detector && slices.Contains(r.tests, one.name) {
					with[p.name+"."+one.name] = true
				}
			}
		}
	}
	for _, name := range []string{
		"api", "api/door", "cmd/kresctl", "cmd/kresd-manager", "dbusctl", "internal/carry", "internal/client",
		"internal/manager", "internal/metrics", "internal/reality", "internal/watch", "internal/config.TestReadsAreSafeFromManyGoroutines",
	} {
		if !with[name] {
			t.Errorf("%s has goroutines, and is tested without the race detector", name)
		}
	}
	for _, name := range []string{"internal/config", "internal/config/text", "internal/render", "units"} {
		if !without[name] {
			t.Errorf("%s has come to have goroutines, and all its tests take the time of the race detector", name)
		}
	}
	for _, p := range units {
		for _, one := range p.tests {
			if one.starts && !with[p.name] && !with[p.name+"."+one.name] {
				t.Errorf("%s.%s starts goroutines, and runs without the race detector", p.name, one.name)
			}
		}
	}
}
