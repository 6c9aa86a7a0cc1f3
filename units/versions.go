// SPDX-License-Identifier: Apache-2.0

package units

// Versions are those of what runs, "" where it does not tell.
type Versions struct {
	Manager string `json:"manager"`
	Systemd string `json:"systemd"`
	// Workers have the version of kresd by unit; who does not answer is left out.
	Workers map[string]string `json:"workers"`
}
