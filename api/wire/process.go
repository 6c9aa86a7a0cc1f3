// SPDX-License-Identifier: Apache-2.0

package wire

// Process is one running process as Knot Resolver's own manager describes it.
type Process struct {
	Type   string `json:"type"` // KRESD, GC or POLICY_LOADER
	PID    int    `json:"pid"`
	Status string `json:"status"` // RUNNING, EXITED, FATAL, UNEXPECTED or UNKNOWN
}
