// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"time"

	"github.com/prometheus/procfs"
)

// Processes returns what processes use, as far as the system tells; a process
// that has ended is left out.
func Processes(pids []int) map[int]Usage {
	usage := make(map[int]Usage, len(pids))
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return usage
	}
	for _, pid := range pids {
		p, err := fs.Proc(pid)
		if err != nil {
			continue
		}
		stat, err := p.Stat()
		if err != nil {
			continue
		}
		usage[pid] = Usage{
			CPU:         time.Duration(stat.CPUTime() * float64(time.Second)),
			MemoryBytes: uint64(max(stat.ResidentMemory(), 0)),
		}
	}
	return usage
}
