// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
)

// runs prints five times a second, for a minute, how often threads of a manager were
// put on a processor (schedstat of a task in the kernel's sched-stats documentation).
const runs = `pids=$(for pid in $(cat /sys/fs/cgroup/system.slice/%s/cgroup.procs); do
	case $(cat /proc/$pid/comm) in kresd|kres-cache-gc) ;; *) echo $pid ;; esac
done)
for ((i = 0; i < 300; i++)); do
	for pid in $pids; do cat /proc/$pid/task/*/schedstat; done | awk '{ n += $3 } END { print n }'; sleep 0.18
done`

// waking counts how often a manager that no one needs runs.
func (b *bench) waking(ctx context.Context) error {
	r := b.addTo(steady, "times that the manager at rest runs in a minute", number, atMost(2, "2"))
	r.note = "stretches of at least 0.2 s apart"
	for _, s := range b.sides() {
		pause(ctx, quiet)
		text, err := s.sh(ctx, fmt.Sprintf(runs, s.unit))
		if err != nil {
			return err
		}
		s.add(r, float64(stretches(strings.Fields(text))))
	}
	return nil
}

// stretches counts how often a count begins to change.
func stretches(counts []string) (n int) {
	moving := true // the first ones are of whoever has just been there
	for i := 1; i < len(counts); i++ {
		moved := counts[i] != counts[i-1]
		if moved && !moving {
			n++
		}
		moving = moved
	}
	return n
}
