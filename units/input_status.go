// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// InputStatus is what people ask about a file that the configuration names.
type InputStatus struct {
	Pointer string   `json:"pointer"`
	Path    string   `json:"path"`
	Kind    string   `json:"kind"`
	Use     InputUse `json:"use"`
	// Note is what people know the content by.
	Note string `json:"note,omitempty"`
	// Expires is when the certificate in it does, if it has one.
	Expires time.Time  `json:"expires,omitzero"`
	State   InputState `json:"state"`
	// Modified is when the content was written to last; zero is unknown.
	Modified time.Time `json:"modified,omitzero"`
}

// InputState says how what is in force relates to what a file holds now. The set
// is closed.
type InputState string

// States of inputs.
const (
	InputCurrent InputState = "in-force"
	InputChanged InputState = "changed" // since a process has read it
	InputMissing InputState = "missing" // what was read before, if anything, is in force
	InputUnknown InputState = "unknown" // to the manager, which may not look
	// InputDegraded could not be loaded: a copy or nothing of it is in force.
	InputDegraded InputState = "degraded"
)

// Stale returns the units that run with another content of an input, in order.
func (want Desired) Stale(live Live, in Input) []string {
	var stale []string
	for unit := range live.Read {
		if n, worker := WorkerNumber(unit); (unit == PolicyLoader) != (in.Use == UseRules) || worker && n > want.Workers {
			continue
		}
		if len(live.Stale(unit, in.Use, []Input{in}, false)) > 0 {
			stale = append(stale, unit)
		}
	}
	slices.Sort(stale)
	return stale
}

// Several names units in few words.
func Several(names []string) string {
	if len(names) > maxNames {
		return fmt.Sprintf("%d units", len(names))
	}
	return strings.Join(names, ", ")
}
