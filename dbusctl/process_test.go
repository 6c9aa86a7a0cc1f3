// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/prometheus/procfs"

	"kresd-manager/units"
)

// self returns this process and its cgroup (v2), "" if it has none.
func self(t *testing.T) (procfs.Proc, string) {
	t.Helper()
	proc, err := procfs.Self()
	if err != nil {
		t.Skip(err)
	}
	groups, err := proc.Cgroups()
	if err != nil {
		t.Skip(err)
	}
	for _, g := range groups {
		if g.HierarchyID == 0 {
			return proc, g.Path
		}
	}
	t.Skip("this process is in no cgroup of version 2")
	return proc, ""
}

func TestInspectReadsTheCommandLineOfTheMainProcess(t *testing.T) {
	o := units.Observed{MainPID: os.Getpid()}
	inspect(&o)
	if !slices.Equal(o.Args, os.Args[1:]) {
		t.Errorf("arguments: %q, want %q", o.Args, os.Args[1:])
	}
	if o.MemoryBytes == 0 {
		t.Error("this process takes no memory")
	}
	if o.Populated {
		t.Error("a process is in the cgroup of a unit that has none")
	}
}

func TestInspectTakesAProcessThatIsGoneForOneThatEnded(t *testing.T) {
	o := units.Observed{MainPID: 1 << 30, CgroupPath: "/"}
	inspect(&o)
	if o.Populated || o.Args != nil || o.MemoryBytes != 0 {
		t.Errorf("%+v", o)
	}
}

// A unit whose main process is elsewhere is none that serves: somebody has
// moved it, or the number is another process's by now.
func TestAProcessCountsOnlyInItsCgroupOrBelow(t *testing.T) {
	proc, path := self(t)
	for p, want := range map[string]bool{
		path:                                  true,
		"/":                                   true, // above is around
		filepath.Join(path, "below"):          false,
		"/system.slice/kresd@1.service":       false,
		filepath.Clean("/x" + path + "other"): false,
	} {
		if got := inCgroup(proc, p); got != want {
			t.Errorf("in %s: %t, want %t (it is in %s)", p, got, want, path)
		}
	}
}

func TestACgroupThatDoesNotExistIsEmpty(t *testing.T) {
	for _, path := range []string{"", "/no/such/cgroup"} {
		if populated(path) {
			t.Errorf("%q holds processes", path)
		}
	}
	o := units.Observed{CgroupPath: "/no/such/cgroup"}
	inspect(&o)
	if o.Populated {
		t.Errorf("%+v", o)
	}
}
