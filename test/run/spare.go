// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// spareShare is how much of all cores' time has to be idle for one more lane.
const spareShare = 0.2

// spare waits until the host has had time to spare for a few seconds, or the context ends.
// Tests that wait leave room for others; on a host that is busy there is none.
func spare(ctx context.Context) {
	const sample = 3 * time.Second
	idle, total, err := coreTime()
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(sample):
		}
		beforeIdle, beforeTotal := idle, total
		if idle, total, err = coreTime(); idle-beforeIdle > spareShare*(total-beforeTotal) {
			return
		}
	}
}

// coreTime returns for how long all cores together have been idle, of which total, in ticks
// (proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal).
func coreTime() (idle, total float64, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	var t [8]float64
	if _, err := fmt.Sscanf(string(text), "cpu %f %f %f %f %f %f %f %f", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]); err != nil {
		return 0, 0, fmt.Errorf("cannot read /proc/stat: %w", err)
	}
	for _, one := range t {
		total += one
	}
	return t[3] + t[4], total, nil
}
