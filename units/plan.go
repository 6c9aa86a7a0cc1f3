// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what a step does. The set is closed; its text is stable.
type Kind string

// Kinds of steps. Every one but Set, Stop, Reset and Renew first makes the
// generation of its plan the one that the unit reads.
const (
	// Set sets limits of a worker, whether it runs or not; they are in force at once.
	Set Kind = "set"
	// Try starts the canary with the new worker configuration, asks it to
	// resolve a name and stops it. It serves no one.
	Try Kind = "try"
	// Load runs the policy-loader, which replaces all rules in one transaction.
	Load Kind = "load"
	// Reset tells a running worker to look at the new rules.
	Reset Kind = "reset"
	// Renew has a running worker read its certificate again.
	Renew Kind = "renew"
	// Start, Restart and Stop are jobs of systemd; they end when the unit has
	// reached its state and, for a worker, when it has answered a probe.
	Start   Kind = "start"
	Restart Kind = "restart"
	Stop    Kind = "stop"
)

// Step is one thing to do.
type Step struct {
	// N counts from 1 within the plan.
	N    int    `json:"n"`
	Kind Kind   `json:"kind"`
	Unit string `json:"unit"`
	// Cause says why the step is needed, exactly: with the hashes of what differs.
	Cause string `json:"cause"`
	// Why says it in the words of an operator, as in "/nsid changed"; "" if Cause does.
	Why string `json:"why,omitempty"`
	// Inputs are the files, in words, whose new content the step takes over.
	Inputs []string `json:"inputs,omitempty"`
	// Strict are the pointers of the sources that must not fail in a step of kind
	// Load; others degrade.
	Strict []string `json:"-"`
	// Set is what a step of kind Set sets.
	Set []Setting `json:"set,omitempty"`
	// After lists the steps that must have succeeded before, ascending.
	After []int `json:"after,omitempty"`
	// Optional means that the plan goes on if the step fails.
	Optional bool `json:"optional,omitempty"`
}

// Plan is an ordered list of steps that leads to a generation. Steps that do
// not wait for each other may run at the same time. The zero Plan is empty.
type Plan struct {
	Generation string `json:"generation"`
	Steps      []Step `json:"steps"`
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Acts reports whether a step concerns the unit.
func (p Plan) Acts(unit string) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Unit == unit })
}

// Without returns a plan that lacks some steps. Nothing waits for them.
func (p Plan) Without(drop func(Step) bool) Plan {
	rest := Plan{Generation: p.Generation, Steps: []Step{}}
	number := map[int]int{} // of a step, before and after
	for _, s := range p.Steps {
		if drop(s) {
			continue
		}
		var after []int
		for _, a := range s.After {
			after = append(after, number[a])
		}
		number[s.N] = rest.add(s.Kind, s.Unit, s.Cause, after...)
		last := &rest.Steps[len(rest.Steps)-1]
		last.Why, last.Optional, last.Set, last.Inputs, last.Strict = s.Why, s.Optional, s.Set, s.Inputs, s.Strict
	}
	return rest
}

// Touches returns the steps of one kind.
func (p Plan) Touches(k Kind) []Step {
	var s []Step
	for _, st := range p.Steps {
		if st.Kind == k {
			s = append(s, st)
		}
	}
	return s
}

// Needed divides a plan: into what has to succeed, with all that this waits for, and the
// start of what can be done without. Steps keep their numbers.
func (p Plan) Needed() (needed, rest Plan) {
	spare := map[int]bool{}
	for _, s := range slices.Backward(p.Steps) {
		waited := slices.ContainsFunc(p.Steps, func(o Step) bool { return slices.Contains(o.After, s.N) && !spare[o.N] })
		spare[s.N] = s.Optional && s.Kind == Start && !waited
	}
	return p.only(func(n int) bool { return !spare[n] }), p.only(func(n int) bool { return spare[n] })
}

// only returns some steps, by number, which wait for each other alone.
func (p Plan) only(some func(n int) bool) Plan {
	part := Plan{Generation: p.Generation, Steps: []Step{}}
	for _, s := range p.Steps {
		if some(s.N) {
			s.After = slices.DeleteFunc(slices.Clone(s.After), func(n int) bool { return !some(n) })
			part.Steps = append(part.Steps, s)
		}
	}
	return part
}

// String gives the plan as text, a line a step, with hashes. The text is stable: the
// log, kresctl plan -v and tests show the same. [Plan.Summary] is for people.
func (p Plan) String() string {
	if p.Empty() {
		return "nothing to do: the live system is as configured\n"
	}
	var b strings.Builder
	plural := "s"
	if len(p.Steps) == 1 {
		plural = ""
	}
	fmt.Fprintf(&b, "%d step%s to generation %s\n", len(p.Steps), plural, p.Generation)
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%3d  %-7s  %-26s  %s", s.N, s.Kind, s.Unit, s.Cause)
		if len(s.After) > 0 {
			b.WriteString("  [after")
			for _, n := range s.After {
				fmt.Fprintf(&b, " %d", n)
			}
			b.WriteString("]")
		}
		if s.Optional {
			b.WriteString("  (optional)")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// add appends a step and returns its number.
func (p *Plan) add(k Kind, unit, cause string, after ...int) int {
	n := len(p.Steps) + 1
	var wait []int
	for _, a := range after {
		if a != 0 {
			wait = append(wait, a)
		}
	}
	p.Steps = append(p.Steps, Step{N: n, Kind: k, Unit: unit, Cause: cause, After: wait})
	return n
}
