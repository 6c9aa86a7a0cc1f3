// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"slices"

	"kresd-manager/internal/config"
)

// Component is a further process, as its launcher and the planner want it.
type Component struct {
	Name     string
	Kind     string // core, needed or dispensable
	Priority int
	// Command is the absolute path of the program and its arguments.
	Command []string
	// Hash changes with whatever concerns a process that runs.
	Hash string
}

// Components returns the processes that run beside workers, policy-loader and
// garbage collector, by falling priority and then by name: those that the
// configuration names, and those that what it asks for is left to.
func Components(c *config.Config, host Host) []Component {
	var all []Component
	for _, k := range c.Components {
		all = append(all, Component{Name: k.Name, Kind: k.Kind, Priority: k.Priority, Command: k.Command})
	}
	if command := Graphite(c, host); command != nil {
		all = append(all, Component{Name: config.GraphiteComponent, Kind: "dispensable", Command: command})
	}
	for i, k := range all {
		// The kind decides how the process is kept.
		all[i].Hash = Hash(append([]string{k.Kind}, k.Command...)...)
	}
	slices.SortFunc(all, func(a, b Component) int {
		return cmp.Or(-cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	return all
}
