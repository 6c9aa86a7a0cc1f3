// SPDX-License-Identifier: Apache-2.0

package cgroup

import (
	"cmp"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/procfs"
)

// Process is one process of a unit, as it was when it was looked up.
type Process struct {
	system System
	proc   procfs.Proc
	status func() (procfs.ProcStatus, error) // read once
}

// Process looks a process up; ok is false if there is none.
func (s System) Process(pid int) (p Process, ok bool) {
	fs, err := procfs.NewFS(cmp.Or(s.Proc, procfs.DefaultMountPoint))
	if err != nil {
		return Process{}, false
	}
	proc, err := fs.Proc(pid)
	return Process{s, proc, sync.OnceValues(proc.NewStatus)}, err == nil
}

// Path returns the cgroup of the process, "" if it cannot be known.
func (p Process) Path() string {
	groups, err := p.proc.Cgroups()
	if err != nil {
		return ""
	}
	for _, g := range groups {
		if g.HierarchyID == 0 { // that of version 2 (cgroups(7))
			return g.Path
		}
	}
	return ""
}

// In reports whether the process is in a cgroup or in one below it.
func (p Process) In(path string) bool {
	own := p.Path()
	if own == "" {
		return false
	}
	rel, err := filepath.Rel(path, own)
	return err == nil && filepath.IsLocal(rel)
}

// Args is the command line without the program, nil if it cannot be known.
func (p Process) Args() []string {
	args, err := p.proc.CmdLine()
	if err != nil || len(args) == 0 {
		return nil
	}
	return args[1:]
}

// Held is the memory that the kernel cannot take back from the process as long
// as it lives and nothing is swapped out: bytes, 0 if unknown.
func (p Process) Held() uint64 {
	status, err := p.status()
	if err != nil {
		return 0
	}
	return status.RssAnon
}

// resident is the memory of the process now and at the most, in bytes.
func (p Process) resident() (now, peak uint64) {
	status, err := p.status()
	if err != nil {
		return 0, 0
	}
	return status.VmRSS, status.VmHWM
}

// cpu is the user and system time of the process, and how many threads it has.
func (p Process) cpu() (time.Duration, uint64) {
	stat, err := p.proc.Stat()
	if err != nil {
		return 0, 0
	}
	return time.Duration(stat.CPUTime() * float64(time.Second)), uint64(max(stat.NumThreads, 0))
}
