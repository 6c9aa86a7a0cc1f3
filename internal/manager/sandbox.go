// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"slices"

	"kresd-manager/internal/config"
)

// Sandbox knows what the sandboxes of the units hide.
type Sandbox interface {
	// Check returns which paths of a configuration units cannot see or write.
	Check(*config.Document) config.Problems
	// Hides tells what one unit cannot see, whatever a configuration says.
	Hides(unit string) func(path string) bool
	// Explain adds to a unit's words about paths that its sandbox is the reason.
	Explain(unit string, lines []string) []string
}

type unconfined struct{}

func (unconfined) Check(*config.Document) config.Problems    { return nil }
func (unconfined) Hides(string) func(string) bool            { return func(string) bool { return false } }
func (unconfined) Explain(_ string, lines []string) []string { return lines }

// hiddenFrom returns what units cannot see of what a configuration names, and refuses a
// change to it: they would only say that it is not there, or nothing. What was so
// before keeps no other change from being made. A start, and a way back, go on, and
// it is among the problems of the status.
func (m *Manager) hiddenFrom(cur *snapshot, doc *config.Document, c change) (config.Problems, error) {
	hidden := m.o.Sandbox.Check(doc)
	anew := slices.DeleteFunc(slices.Clone(hidden), func(p config.Problem) bool {
		return !c.fromFile && slices.ContainsFunc(cur.hidden, func(q config.Problem) bool { return p.Pointer == q.Pointer && p.Message == q.Message })
	})
	if !c.tolerant && !c.undo {
		if err := anew.Errors(); err != nil {
			return nil, err
		}
	}
	return hidden, nil
}
