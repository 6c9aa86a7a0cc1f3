// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"kresd-manager/internal/config"
)

// What the gate knows of the sandboxes of the units.

// Sandbox knows what the sandboxes of the units hide.
type Sandbox interface {
	// Check returns which paths of a configuration units cannot see or write.
	Check(*config.Document) config.Problems
	// Hides says what one unit cannot see, whatever a configuration says.
	Hides(unit string) func(path string) bool
	// Explain adds to a unit's words about paths that its sandbox is the reason.
	Explain(unit string, lines []string) []string
}

type unconfined struct{}

func (unconfined) Check(*config.Document) config.Problems    { return nil }
func (unconfined) Hides(string) func(string) bool            { return func(string) bool { return false } }
func (unconfined) Explain(_ string, lines []string) []string { return lines }
