// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
	"time"
)

// Sources are the files that rules come from: inputs that the policy-loader reads.
// One that fails costs its own rules alone, and only a change that someone asks
// for, and that is about this file, is refused for it. What is here decides that.

// Degraded is a source that the policy-loader could not load at its last run.
type Degraded struct {
	Input Input `json:"input"`
	// Problem is why, as "FILE:LINE: what".
	Problem string `json:"problem"`
	// Copy is when the copy was written whose rules are in force in place of those
	// of the file; the zero time if there is none, and no rule of it is in force.
	Copy time.Time `json:"copy,omitzero"`
}

// Instead says what is in force in place of the file.
func (d Degraded) Instead() string {
	if d.Copy.IsZero() {
		return "its rules are not in force"
	}
	return "the copy of " + d.Copy.Format(time.DateTime) + " is in force"
}

// String is the whole for people.
func (d Degraded) String() string {
	return fmt.Sprintf("degraded: %s %s: %s; %s", d.Input.Kind, d.Input.Path, d.Problem, d.Instead())
}

// Sources is which sources must not fail in a plan.
type Sources int

// Which sources must not fail.
const (
	// SourcesMayFail is for what no one asked for: a start, a boot, a repair, a file
	// that changed, and every way back.
	SourcesMayFail Sources = iota
	// SourcesNamed are those that the configuration before did not name: a change
	// of something else does not depend on others.
	SourcesNamed
	// SourcesChanged are all but those that are known to be degraded and hold what
	// they held then: for a reload, which is about all files.
	SourcesChanged
)

// Strict returns the pointers of the sources that must not fail in a plan for
// these inputs, where the configuration before named others.
func (s Sources) Strict(inputs, before []Input, live Live) []string {
	var all []string
	for _, in := range inputs {
		if in.Use != UseRules {
			continue
		}
		switch s {
		case SourcesNamed:
			if slices.ContainsFunc(before, func(b Input) bool { return b.Path == in.Path && b.Kind == in.Kind }) {
				continue
			}
		case SourcesChanged:
			if live.Known(in) {
				continue
			}
		default:
			continue
		}
		all = append(all, in.Pointer)
	}
	return all
}

// Known reports whether a source is degraded, and holds what it held when it was
// told: to ask once more is not to be refused once more.
func (l Live) Known(in Input) bool {
	if !l.degraded(in) {
		return false
	}
	now, tried := l.Contents[in.Path].ID, l.Refused[PolicyLoader][in.Path]
	return now == "" || tried == now
}

// degraded reports whether the policy-loader could not load a file at its last run.
func (l Live) degraded(in Input) bool {
	return in.Use == UseRules && slices.ContainsFunc(l.Degraded, func(d Degraded) bool { return d.Input.Path == in.Path })
}

// retried are the degraded sources that this plan tries again, whether they have
// changed or not. What someone may still be writing has no content.
func (d *differ) retried(fresh []Input) []Input {
	if !d.opt.Retry {
		return fresh
	}
	for _, in := range d.want.Inputs {
		if _, settled := d.live.Contents[in.Path]; settled && d.live.degraded(in) && !slices.Contains(fresh, in) {
			fresh = append(fresh, in)
		}
	}
	return fresh
}
