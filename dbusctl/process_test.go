// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"os"
	"slices"
	"testing"

	"kresd-manager/units"
)

func TestInspectReadsTheCommandLineOfTheMainProcess(t *testing.T) {
	o := units.Observed{MainPID: os.Getpid()}
	inspect(&o)
	if !slices.Equal(o.Args, os.Args[1:]) {
		t.Errorf("arguments: %q, want %q", o.Args, os.Args[1:])
	}
	if o.MemoryBytes == 0 || o.HeldBytes == 0 {
		t.Errorf("this process takes no memory: %d, %d", o.MemoryBytes, o.HeldBytes)
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

func TestACgroupThatDoesNotExistIsEmpty(t *testing.T) {
	o := units.Observed{CgroupPath: "/no/such/cgroup"}
	inspect(&o)
	if o.Populated {
		t.Errorf("%+v", o)
	}
}
