// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"kresd-manager/internal/cgroup"
	"kresd-manager/units"
)

// inspect adds what the kernel knows about a unit's processes to what systemd
// said. A file that cannot be read counts as a process that has just ended.
func inspect(o *units.Observed) {
	var kernel cgroup.System
	if o.MainPID == 0 {
		o.Populated = kernel.Populated(o.CgroupPath)
		return
	}
	proc, running := kernel.Process(o.MainPID)
	if !running {
		return
	}
	o.Populated = kernel.Populated(o.CgroupPath) && proc.In(o.CgroupPath)
	if o.Args = proc.Args(); len(o.Args) > 0 && o.Args[0] == units.ArgumentsFlag {
		o.Args = nil // it is about to become the program that is meant
	}
	o.MemoryBytes = kernel.Memory(o.CgroupPath, proc)
	o.HeldBytes = proc.Held()
}
