// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// controlPlane prints the proportional set size in KiB of every process that a manager's
// unit consists of, except for the resolver's own: one "Pss:" line for each.
const controlPlane = `for pid in $(cat /sys/fs/cgroup/system.slice/%s/cgroup.procs); do
	case $(cat /proc/$pid/comm) in kresd|kres-cache-gc) ;; *) grep ^Pss: /proc/$pid/smaps_rollup ;; esac
done`

// memory measures what the manager takes beside the resolver, at rest.
func (b *bench) memory(ctx context.Context) error {
	r := b.add("control plane memory (PSS)", bytes, atMost(14<<20, "14 MiB"))
	for _, s := range b.sides() {
		text, err := s.sh(ctx, fmt.Sprintf(controlPlane, s.unit))
		if err != nil {
			return err
		}
		total, processes := 0, 0
		for line := range strings.Lines(text) {
			fields := strings.Fields(line)
			if len(fields) < 2 {
				return fmt.Errorf("%s: cannot read %q", s.name, line)
			}
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				return fmt.Errorf("%s: cannot read %q: %w", s.name, line, err)
			}
			total += kib << 10
			processes++
		}
		if processes == 0 {
			return fmt.Errorf("%s: no process of %s", s.name, s.unit)
		}
		s.add(r, float64(total))
		r.addNote("%s: %d processes", s.name, processes)
	}
	return nil
}
