// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The plan as an operator reads it: what is alike is one line, and no hash.

// Summary gives the plan in words, a line for all steps that are alike and follow one
// another, as in "restart workers 1–4, one at a time (/nsid changed) · no UDP query
// lost". It is empty for an empty plan.
func (p Plan) Summary() []string {
	var lines []string
	for i := 0; i < len(p.Steps); {
		end := i + 1
		for end < len(p.Steps) && alike(p.Steps[i], p.Steps[end]) {
			end++
		}
		lines = append(lines, p.line(p.Steps[i:end]))
		i = end
	}
	return lines
}

// alike reports whether two steps can be told as one.
func alike(a, b Step) bool {
	_, aw := WorkerNumber(a.Unit)
	_, bw := WorkerNumber(b.Unit)
	return aw && bw && a.Kind == b.Kind && a.Reason() == b.Reason()
}

// line tells steps that are alike.
func (p Plan) line(steps []Step) string {
	s := steps[0]
	what := unitWords(s.Unit)
	if _, worker := WorkerNumber(s.Unit); worker {
		what = workerWords(steps)
	}
	reason := " (" + s.Reason() + ")"
	var text string
	switch s.Kind {
	case Set:
		return "set limits of " + what + reason
	case Try:
		return "try the new configuration with a canary, which serves no one" + reason
	case Load:
		return "load the rules, all at once" + reason
	case Reset:
		if s.Reason() == rulesChanged { // as the line above says
			reason = ""
		}
		return "have " + what + " take over the rules" + reason
	case Renew:
		return "have " + what + " read the certificate again" + reason
	case Start:
		text = "start " + what + reason
	default:
		text = string(s.Kind) + " " + what + p.pace(steps) + reason
		if _, worker := WorkerNumber(s.Unit); worker {
			text += " · no UDP query lost"
		}
	}
	if s.Optional {
		text += " · goes on if that fails"
	}
	return text
}

// pace says how many of several workers leave at a time.
func (p Plan) pace(steps []Step) string {
	if len(steps) < 2 {
		return ""
	}
	first, together := steps[0].N, 0 // those that wait for the first
	for _, s := range steps[1:] {
		if slices.Equal(s.After, []int{first}) {
			together++
		}
	}
	if together <= 1 {
		return ", one at a time"
	}
	return fmt.Sprintf(", one first and then %d at a time", together)
}

// workerWords names workers: "worker 3", "workers 1–4 and 7".
func workerWords(steps []Step) string {
	var ns []int
	for _, s := range steps {
		n, _ := WorkerNumber(s.Unit)
		ns = append(ns, n)
	}
	slices.Sort(ns)
	if len(ns) == 1 {
		return "worker " + strconv.Itoa(ns[0])
	}
	return "workers " + Ranges(ns)
}

// Ranges names numbers, ascending, in few words: "1–4, 7".
func Ranges(ns []int) string {
	var parts []string
	for i := 0; i < len(ns); {
		end := i
		for end+1 < len(ns) && ns[end+1] == ns[end]+1 {
			end++
		}
		switch end - i {
		case 0:
			parts = append(parts, strconv.Itoa(ns[i]))
		case 1:
			parts = append(parts, strconv.Itoa(ns[i]), strconv.Itoa(ns[end]))
		default:
			parts = append(parts, fmt.Sprintf("%d–%d", ns[i], ns[end]))
		}
		i = end + 1
	}
	return strings.Join(parts, ", ")
}

// unitWords names a unit that is no worker.
func unitWords(unit string) string {
	switch role, _ := RoleOf(unit); role {
	case RoleLoader:
		return "the policy-loader"
	case RoleGC:
		return "the cache garbage collector"
	case RoleCanary:
		return "the canary"
	case RoleComponent:
		name, _ := ComponentName(unit)
		return "component " + name
	}
	return unit
}
