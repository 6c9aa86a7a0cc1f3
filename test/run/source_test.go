// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write makes a file of a package that a test looks at.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// testsOf is the tests of a package that is in one file, with those in another.
func testsOf(t *testing.T, name, dir string) []test {
	t.Helper()
	own, err := parsed(dir, []string{name + ".go"})
	if err != nil {
		t.Fatal(err)
	}
	tests, err := parsed(dir, []string{name + "_test.go"})
	if err != nil {
		t.Fatal(err)
	}
	return testsIn(name, own, tests)
}

func TestWhoMustBeAloneIsFoundInTheSource(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/way.go", `package way
import "kresd-manager/test/machine"
type thing struct{}
func (thing) measure() { machine.Alone(nil) }
`)
	write(t, dir+"/way_test.go", `package way
import ("testing"; host "kresd-manager/test/machine"; "kresd-manager/test/load"; "other/machine")
func TestMain(m *testing.M) {}
func TestDirectly(t *testing.T) { host.Alone(t) }
func TestByAHelper(t *testing.T) { t.Run("inside", func(t *testing.T) { one(t) }) }
func TestByAMethod(t *testing.T) { thing{}.measure() }
func TestByATable(t *testing.T) { for _, f := range table { f(t) } }
func TestNot(t *testing.T) { machine.Alone(t); Alone(t); _ = field{one: 1} }
func TestLoads(t *testing.T) { _ = load.RunKept }
func Testing(t *testing.T) { host.Alone(t) }
func FuzzSeeds(f *testing.F) {}
func one(t *testing.T) { two(t) }
func two(t *testing.T) { one(t); host.Alone(t) }
func Alone(t *testing.T) {}
type field struct{ one int }
var table = []func(*testing.T){two}
`)
	got := testsOf(t, "way", dir)
	want := []test{
		{name: "TestDirectly", alone: true}, {name: "TestByAHelper", alone: true}, {name: "TestByAMethod", alone: true},
		{name: "TestByATable", alone: true}, {name: "TestNot"}, {name: "TestLoads", loads: true}, {name: "FuzzSeeds"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(test{})); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
}

// source is all packages of this module.
func source(t *testing.T) []pack {
	t.Helper()
	all, err := packages(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatPutsLoadOnAServerIsAlone(t *testing.T) {
	found := 0
	for _, p := range source(t) {
		for _, one := range p.tests {
			if !one.loads || p.name == "test/load" { // which also holds what it refuses
				continue
			}
			found++
			if !one.alone {
				t.Errorf("%s.%s puts load on a server, and does not call machine.Alone", p.name, one.name)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d tests put load on a server", found)
	}
}

func TestEveryTestOfTheSourceIsFound(t *testing.T) {
	all := source(t)
	i := slices.IndexFunc(all, func(p pack) bool { return p.name == "test/run" })
	if i < 0 || !slices.ContainsFunc(all[i].tests, func(one test) bool { return one.name == t.Name() }) {
		t.Errorf("this test is not found in %v", all)
	}
	for _, p := range all {
		if p.system() && len(p.tests) == 0 {
			t.Errorf("%s has files of tests and no test: examples are not run", p.name)
		}
	}
}

// What links etcd's client is not tested with the race detector: then all that is concurrent
// of ours must be tested by others, too.
func TestWhatLinksEtcdIsKnown(t *testing.T) {
	packs, err := packages(t.Context(), "../../fleet")
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]bool{}
	for _, p := range packs {
		links[p.name] = p.etcd
	}
	for name, want := range map[string]bool{
		"fleet/store/etcd": true, "fleet/drills": true, // by what the tests import
		"fleet/agent": false, "fleet/leader": false, "fleet/sim": false, "fleet/store/table": false, "fleet/store/web": false, "fleet/local": false,
	} {
		if got, there := links[name]; !there || got != want {
			t.Errorf("%s: there %t, links etcd %t", name, there, got)
		}
	}
}
