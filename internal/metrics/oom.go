// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// OOMKills returns how many processes of the slice of a worker, given by its
// process id, the kernel has killed for lack of memory. The cgroup of the unit
// itself forgets that when the worker restarts. ok is false where the kernel
// does not tell, as without the memory controller of cgroup version 2.
func OOMKills(pid int) (n uint64, ok bool) {
	return oomKills(procfs.DefaultMountPoint, "/sys/fs/cgroup", pid)
}

func oomKills(proc, cgroup string, pid int) (n uint64, ok bool) {
	fs, err := procfs.NewFS(proc)
	if err != nil {
		return 0, false
	}
	p, err := fs.Proc(pid)
	if err != nil {
		return 0, false
	}
	groups, err := p.Cgroups()
	if err != nil {
		return 0, false
	}
	for _, g := range groups {
		if g.HierarchyID != 0 { // that of version 2 (cgroups(7))
			continue
		}
		text, err := os.ReadFile(filepath.Join(cgroup, filepath.Dir(g.Path), "memory.events"))
		if err != nil {
			return 0, false
		}
		for in := bufio.NewScanner(bytes.NewReader(text)); in.Scan(); {
			if count, found := strings.CutPrefix(in.Text(), "oom_kill "); found {
				n, err := strconv.ParseUint(count, 10, 64)
				return n, err == nil
			}
		}
	}
	return 0, false
}
