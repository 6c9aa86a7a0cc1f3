// SPDX-License-Identifier: Apache-2.0

package cgroup

import (
	"os"
	"path/filepath"
	"testing"

	"kresd-manager/units"
)

// A unit whose main process is elsewhere is none that serves: someone has
// moved it, or the number is another process's by now.
func TestAProcessCountsOnlyInItsCgroupOrBelow(t *testing.T) {
	proc, running := System{}.Process(os.Getpid())
	path := proc.Path()
	if !running || path == "" {
		t.Skip("this process is in no cgroup of version 2")
	}
	for p, want := range map[string]bool{
		path:                                  true,
		"/":                                   true, // above is around
		"":                                    false,
		filepath.Join(path, "below"):          false,
		"/system.slice/kresd@1.service":       false,
		filepath.Clean("/x" + path + "other"): false,
	} {
		if got := proc.In(p); got != want {
			t.Errorf("in %s: %t, want %t (it is in %s)", p, got, want, path)
		}
	}
}

func TestACgroupThatDoesNotExistIsEmpty(t *testing.T) {
	for _, path := range []string{"", "/no/such/cgroup"} {
		if populated, _ := (System{}).Events(path); populated {
			t.Errorf("%q holds processes", path)
		}
	}
}

func TestUsageWithoutControllersIsThatOfTheProcess(t *testing.T) {
	var u units.Usage
	for none := t.TempDir(); u.CPU == 0; { // it is counted in hundredths of a second
		u = System{Cgroup: none}.Usage("/none", os.Getpid())
	}
	if u.MemoryPeak < 1<<20 || u.Tasks < 2 || u.OOMKills != nil {
		t.Errorf("%+v", u)
	}
	if u := (System{}).Usage("", 1<<30); u.CPU != 0 || u.MemoryPeak != 0 || u.Tasks != 0 {
		t.Errorf("a process that is gone uses %+v", u)
	}
}
