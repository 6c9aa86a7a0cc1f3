// SPDX-License-Identifier: Apache-2.0

package cgroup

import (
	"bytes"
	"os"
	"path/filepath"
	"time"

	"kresd-manager/units"
)

// Events reports whether there are processes in a cgroup, and whether they are
// frozen (cgroup.events in the kernel's cgroup-v2 documentation).
func (s System) Events(path string) (populated, frozen bool) {
	if path == "" {
		return false, false
	}
	b, err := os.ReadFile(s.cgroup(path, "cgroup.events"))
	return err == nil && bytes.Contains(b, []byte("populated 1")), err == nil && bytes.Contains(b, []byte("frozen 1"))
}

// Memory is what the kernel charges to a cgroup or, where the memory controller
// is missing, what its main process has resident. Bytes, 0 if unknown.
func (s System) Memory(path string, p Process) uint64 {
	if n, ok := number(s.cgroup(path, "memory.current")); ok {
		return n
	}
	now, _ := p.resident()
	return now
}

// Usage returns what a unit uses, by its cgroup and its main process, 0 if it
// has none.
func (s System) Usage(path string, pid int) units.Usage {
	var u units.Usage
	p, running := s.Process(pid)
	if path != "" {
		u.MemoryPeak, _ = number(s.cgroup(path, "memory.peak"))
		u.Tasks, _ = number(s.cgroup(path, "pids.current"))
		if usec, ok := keyed(s.cgroup(path, "cpu.stat"), "usage_usec"); ok {
			u.CPU = units.Seconds(time.Duration(usec) * time.Microsecond)
		}
		if n, ok := keyed(s.cgroup(path, "memory.events"), "oom_kill"); ok {
			u.OOMKills = &n
		}
	}
	if pid == 0 || !running {
		return u
	}
	if u.MemoryPeak == 0 {
		_, u.MemoryPeak = p.resident()
	}
	cpu, threads := p.cpu()
	if u.CPU == 0 {
		u.CPU = units.Seconds(cpu)
	}
	if u.Tasks == 0 {
		u.Tasks = threads
	}
	return u
}

// OOMKills returns how many processes of the slice of a unit, given by its
// cgroup, the kernel has killed for lack of memory: the cgroup of the unit
// itself forgets that when the unit restarts. ok is false where the kernel does
// not tell, as without the memory controller.
func (s System) OOMKills(path string) (n uint64, ok bool) {
	if path == "" {
		return 0, false
	}
	return keyed(s.cgroup(filepath.Dir(path), "memory.events"), "oom_kill")
}
