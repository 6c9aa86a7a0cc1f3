// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"time"

	"kresd-manager/internal/cgroup"
	"kresd-manager/units"
)

// Times of the wait for a program that is about to become the one that is meant.
const (
	becomingPoll = 2 * time.Millisecond
	becomingTime = time.Second
)

// inspect adds what the kernel knows about a unit's processes to what systemd
// said, and reports whether they are frozen. A file that cannot be read counts as a
// process that has just ended.
func inspect(o *units.Observed) (frozen bool) {
	var kernel cgroup.System
	populated, frozen := kernel.Events(o.CgroupPath)
	if o.MainPID == 0 {
		o.Populated = populated
		return frozen
	}
	proc, running := kernel.Process(o.MainPID)
	if !running {
		o.Populated = false
		return frozen
	}
	o.Populated = populated && proc.In(o.CgroupPath)
	o.Args = argsOf(proc.Args)
	o.MemoryBytes = kernel.Memory(o.CgroupPath, proc)
	o.HeldBytes = proc.Held()
	return frozen
}

// argsOf reads a command line, of a program that is started by another one when it
// has taken its place: that is a matter of milliseconds. It is nil if it takes longer.
func argsOf(read func() []string) []string {
	for began := time.Now(); ; time.Sleep(becomingPoll) {
		args := read()
		if len(args) == 0 || args[0] != units.ArgumentsFlag {
			return args
		}
		if time.Since(began) > becomingTime {
			return nil
		}
	}
}
