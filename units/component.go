// SPDX-License-Identifier: Apache-2.0

package units

import "strings"

// ArgumentsFlag is what a program of ours is started with that becomes another
// one, with the arguments that a file lists (kresd-component).
const ArgumentsFlag = "--arguments"

// ComponentKind is what the end of a component means for the rest.
type ComponentKind string

// Kinds of components. At a change they are alike: a component that cannot be
// started refuses it.
const (
	// Core components take the resolver down with them: without them it is
	// better not to answer.
	Core ComponentKind = "core"
	// Needed components take the resolver down if they cannot be started, or
	// end within Trial of their first start; later they are started again.
	Needed ComponentKind = "needed"
	// Dispensable components are started again, for ever.
	Dispensable ComponentKind = "dispensable"
)

// Priorities of the components that are always there. What has a higher one
// starts earlier.
const (
	PriorityRules   = 200
	PriorityWorkers = 100
	PriorityGC      = 0
)

// Component is a further process that runs beside the workers, as an instance
// of kres-component@.service.
type Component struct {
	// Name is lower-case letters, digits and inner "-".
	Name string        `json:"name"`
	Kind ComponentKind `json:"kind"`
	// Priority orders starts among all components, see the constants.
	Priority int `json:"priority"`
	// Command is the absolute path of the program and its arguments.
	Command []string `json:"command"`
	// Hash is what the process announces as "component HASH". It changes with
	// whatever concerns a process that runs.
	Hash string `json:"hash"`
}

// IsStarter reports whether a command line, without the program, is that of
// kresd-component (kresd-component(8)). It has yet to become the command of the
// dispensable component of this name: it announces before it does, and fails if it
// cannot. What is core or needed stays its child.
func IsStarter(args []string, name string) bool {
	return len(args) == 3 && args[0] == "--config" && strings.HasSuffix(args[1], "/components.json") && args[2] == name
}

// Unit returns the name of the component's unit.
func (c Component) Unit() string { return componentPrefix + c.Name + suffix }

// ComponentName returns the name of the component that a unit runs; ok is false
// for other units.
func ComponentName(unit string) (name string, ok bool) {
	s, ok := strings.CutPrefix(unit, componentPrefix)
	if !ok {
		return "", false
	}
	s, ok = strings.CutSuffix(s, suffix)
	if !ok || s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", false
	}
	return s, true
}

// KindOf returns what the end of a unit means. Workers are core only together:
// the end of one is repaired by systemd and noticed by no one.
func (d Desired) KindOf(unit string) ComponentKind {
	switch role, _ := RoleOf(unit); role {
	case RoleWorker:
		return Core
	case RoleLoader:
		return Needed
	case RoleComponent:
		for _, c := range d.Components {
			if c.Unit() == unit {
				return c.Kind
			}
		}
	}
	return Dispensable
}

// Hash returns what a unit should announce, "" for one that announces nothing or is not
// wanted.
func (d Desired) Hash(unit string) string {
	if wanted, _ := d.Place(unit); !wanted {
		return ""
	}
	switch role, _ := RoleOf(unit); role {
	case RoleWorker:
		return d.WorkerHash
	case RoleLoader:
		return d.RulesHash
	case RoleComponent:
		for _, c := range d.Components {
			if c.Unit() == unit {
				return c.Hash
			}
		}
	}
	return ""
}

// Units returns the names of all units that should run.
func (d Desired) Units() []string {
	if d.Workers == 0 {
		return nil
	}
	names := []string{PolicyLoader}
	for n := range d.Workers {
		names = append(names, Worker(n+1))
	}
	if d.GC != nil {
		names = append(names, CacheGC)
	}
	for _, c := range d.Components {
		names = append(names, c.Unit())
	}
	return names
}

// Place returns the priority of a unit, and whether it should run.
func (d Desired) Place(unit string) (wanted bool, priority int) {
	switch role, _ := RoleOf(unit); role {
	case RoleWorker:
		n, _ := WorkerNumber(unit)
		return n <= d.Workers, PriorityWorkers
	case RoleLoader:
		return d.Workers > 0, PriorityRules
	case RoleGC:
		return d.GC != nil, PriorityGC
	case RoleComponent:
		for _, c := range d.Components {
			if c.Unit() == unit {
				return true, c.Priority
			}
		}
	}
	return false, 0
}

// Trial is how long, in seconds, a needed component has to stay up after its
// first start.
const Trial = 10
