// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// host is what the numbers were taken on.
type host struct {
	Cores    int               `json:"cores"`
	CPU      string            `json:"cpu"`
	Memory   uint64            `json:"memory"` // bytes
	Kernel   string            `json:"kernel"`
	Load     string            `json:"load-average"` // of the last minute, before the run
	Go       string            `json:"go"`
	Versions map[string]string `json:"versions"` // of packages in the machines
}

func lookAtHost(root string) (host, error) {
	versions, err := tree.Versions(root)
	if err != nil {
		return host{}, err
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return host{}, fmt.Errorf("cannot tell the kernel: %w", err)
	}
	var about unix.Sysinfo_t
	if err := unix.Sysinfo(&about); err != nil {
		return host{}, fmt.Errorf("cannot tell the memory: %w", err)
	}
	return host{
		Cores:    runtime.NumCPU(),
		CPU:      model(),
		Memory:   about.Totalram * uint64(about.Unit),
		Kernel:   unix.ByteSliceToString(name.Release[:]),
		Load:     loadAverage(),
		Go:       runtime.Version(),
		Versions: versions,
	}, nil
}

// model is what the kernel calls the processor, "?" where it says nothing.
func model() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "?"
}

// loadAverage is that of the last minute, "?" where it cannot be known.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	average, _, ok := strings.Cut(string(text), " ")
	if !ok {
		return "?"
	}
	return average
}

func (h host) String() string {
	return fmt.Sprintf("knot-resolver6 %s, systemd %s, %d cores, kernel %s, %s, load average %s before",
		h.Versions["knot-resolver6"], h.Versions["systemd"], h.Cores, h.Kernel, h.Go, h.Load)
}
