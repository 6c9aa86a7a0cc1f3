// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"github.com/prometheus/procfs"

	"kresd-manager/units"
)

// cgroupRoot is where the cgroup v2 hierarchy is mounted (file-hierarchy(7)).
const cgroupRoot = "/sys/fs/cgroup"

// inspect adds what the kernel knows about a unit's processes to what systemd
// said. A file that cannot be read counts as a process that has just ended.
func inspect(o *units.Observed) {
	if o.MainPID == 0 {
		o.Populated = populated(o.CgroupPath)
		return
	}
	proc, err := procfs.NewProc(o.MainPID)
	if err != nil {
		return
	}
	o.Populated = populated(o.CgroupPath) && inCgroup(proc, o.CgroupPath)
	if args, err := proc.CmdLine(); err == nil && len(args) > 0 {
		o.Args = args[1:]
	}
	o.MemoryBytes = memory(proc, o.CgroupPath)
}

// populated reads cgroup.events (Linux Documentation/admin-guide/cgroup-v2).
func populated(path string) bool {
	if path == "" {
		return false
	}
	b, err := os.ReadFile(filepath.Join(cgroupRoot, path, "cgroup.events"))
	return err == nil && bytes.Contains(b, []byte("populated 1"))
}

// inCgroup reports whether a process is in the cgroup or in one below it.
func inCgroup(proc procfs.Proc, path string) bool {
	groups, err := proc.Cgroups()
	if err != nil {
		return false
	}
	for _, g := range groups {
		if g.HierarchyID != 0 {
			continue // cgroup v1
		}
		if rel, err := filepath.Rel(path, g.Path); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// memory is what the kernel charges to the cgroup or, where the memory
// controller is missing, the resident set of the main process. Bytes.
func memory(proc procfs.Proc, path string) uint64 {
	if b, err := os.ReadFile(filepath.Join(cgroupRoot, path, "memory.current")); err == nil {
		if n, err := strconv.ParseUint(string(bytes.TrimSpace(b)), 10, 64); err == nil {
			return n
		}
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0
	}
	return uint64(stat.ResidentMemory())
}
