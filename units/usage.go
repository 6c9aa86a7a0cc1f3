// SPDX-License-Identifier: Apache-2.0

package units

// Usage is what a unit has used since its process started. Zero is unknown.
// The numbers are those of the unit's cgroup or, where no controller accounts
// for them, of its main process.
type Usage struct {
	MemoryPeak uint64 `json:"memory-peak,omitempty"` // bytes
	// CPU is user and system time.
	CPU   Seconds `json:"cpu-seconds,omitempty"`
	Tasks uint64  `json:"tasks,omitempty"`
	// OOMKills is how many processes the kernel has killed for lack of memory,
	// nil if it does not tell.
	OOMKills *uint64 `json:"oom-kills,omitempty"`
}
