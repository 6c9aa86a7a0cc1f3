// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"strings"
	"time"

	"kresd-manager/internal/config"
)

// Report is what became of one change.
type Report struct {
	// Plan is what was, or for a dry run would be, carried out.
	Plan Plan `json:"plan"`
	// DryRun means that nothing was done.
	DryRun bool `json:"dry-run,omitempty"`
	// Cause says who or what asked for the change: "reload", "PUT /workers", …
	Cause string `json:"cause"`
	// Who asked for it, and Comment why, in their words.
	Who     Who       `json:"who,omitzero"`
	Comment string    `json:"comment,omitempty"`
	When    time.Time `json:"when"`
	// Took is the time from the request to its end, in seconds in JSON.
	Took Seconds `json:"took"`
	// Generation is what the system is configured as after the change.
	Generation string `json:"generation"`
	// Diff is from the configuration before to that after the change.
	Diff config.Diff `json:"diff,omitzero"`
	// Entry is the change in the history, 0 if it is not there.
	Entry int `json:"entry,omitempty"`
	// Undo is the change to return to if this one is not wanted, 0 if there is none.
	Undo int `json:"undo,omitempty"`
	// Unsaved tells that what runs after the change is not what the configuration
	// file held when it was read last: the next reload drops it.
	Unsaved bool `json:"unsaved,omitempty"`
	// ConfirmBy is when the change is undone unless it is confirmed before.
	ConfirmBy *time.Time `json:"confirm-by,omitempty"`
	// Drops says in words what a reload loses: what was changed since the file was
	// read, "" if that is nothing.
	Drops string `json:"drops,omitempty"`
	// Taken says in words which files, that the configuration names, were taken
	// over because they have changed; of a dry run, which would be.
	Taken []string `json:"taken,omitempty"`
	// Degraded says in words which files rules come from could not be loaded, and
	// what is in force in their place. It does not fail a change that is not about
	// them.
	Degraded []string `json:"degraded,omitempty"`
	// Interrupts says in words what clients notice of the plan.
	Interrupts []string `json:"interrupts,omitempty"`
	// Error is why the change failed, "" if it did not.
	Error string `json:"error,omitempty"`
	// Rollback is the plan that restored what ran before a failed step.
	Rollback *Plan `json:"rollback,omitempty"`
	// RollbackError is why that could not be done completely.
	RollbackError string `json:"rollback-error,omitempty"`
}

// String is the report of a dry run for people: what differs, the plan in words and
// what it interrupts.
func (r Report) String() string { return r.text(r.Steps()) }

// Detail is String with the plan step by step, with hashes.
func (r Report) Detail() string { return r.text(r.Plan.String()) }

// Steps is the plan in words, a line for what is alike. It says so where there is
// nothing to do.
func (r Report) Steps() string {
	switch {
	case !r.Plan.Empty():
		return strings.Join(r.Plan.Summary(), "\n") + "\n"
	case r.Diff.Empty():
		return "nothing to do: the live system is as configured\n"
	}
	return "nothing needs to restart\n"
}

func (r Report) text(plan string) string {
	var b strings.Builder
	b.WriteString(r.Diff.String())
	b.WriteString(plan)
	for _, line := range r.Interrupts {
		fmt.Fprintf(&b, "note: %s\n", line)
	}
	b.WriteString(r.Losses())
	return b.String()
}

// Losses is Drops and Degraded, each on a line of its own.
func (r Report) Losses() string {
	var b strings.Builder
	if r.Drops != "" {
		b.WriteString("note: " + r.Drops + "\n")
	}
	for _, line := range r.Degraded {
		b.WriteString("note: " + line + "\n")
	}
	return b.String()
}

// Deadline says by when the change must be confirmed, on a line of its own; "" if
// it stays in any case.
func (r Report) Deadline() string {
	if r.ConfirmBy == nil {
		return ""
	}
	return fmt.Sprintf("Unless change %d is confirmed by %s it is undone.\n", r.Entry, r.ConfirmBy.Format(time.DateTime+" MST"))
}

// Seconds is a duration that reads as a decimal number of seconds in JSON.
type Seconds time.Duration

// MarshalJSON writes seconds with microsecond precision.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.6f", time.Duration(s).Seconds()), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Seconds) UnmarshalJSON(b []byte) error {
	var f float64
	if _, err := fmt.Sscan(string(b), &f); err != nil {
		return fmt.Errorf("cannot read %q as seconds", b)
	}
	*s = Seconds(f * float64(time.Second))
	return nil
}

// StepError says which step of a plan failed, and why. It is what a refused
// change is answered with.
type StepError struct {
	Step Step
	// Err is the reason: a job result, a refused control command, …
	Err error
	// Log holds the last messages of the unit, oldest first.
	Log []string
	// Cause is what they mean, nil where nothing better can be said.
	Cause *Cause
	// Refused means that the component did not accept its configuration, so
	// the input is at fault and not the system.
	Refused bool
	// Restored means that what ran before runs again.
	Restored bool
}

// Message is the error without the log.
func (e *StepError) Message() string {
	what := fmt.Sprintf("cannot %s %s: ", e.Step.Kind, e.Step.Unit)
	return what + strings.TrimPrefix(fmt.Sprint(e.Err), what) // the bus says it in the same words
}

func (e *StepError) Error() string {
	var b strings.Builder
	if e.Cause != nil {
		b.WriteString(e.Cause.String() + "\n")
	}
	b.WriteString(e.Message())
	for _, l := range e.Log {
		b.WriteString("\n  ")
		b.WriteString(l)
	}
	return b.String()
}

// Unwrap gives the reason.
func (e *StepError) Unwrap() error { return e.Err }

// JobError means that a job of systemd ended with another result than "done".
type JobError struct {
	Unit   string
	Verb   string // "start", "stop", "restart"
	Job    string // object path
	Result string // "failed", "timeout", "canceled", "dependency", "skipped", …
	// Before is the job that the unit had already, and Instead the one that
	// displaced this one: "start", "stop", "restart", "" for none that is known.
	Before, Instead string
}

func (e *JobError) Error() string {
	if e.Result == "canceled" {
		if e.Instead == "" {
			return fmt.Sprintf("%s of %s was canceled by someone else's job", e.Verb, e.Unit)
		}
		return fmt.Sprintf("%s of %s was canceled: someone else asked for its %s meanwhile", e.Verb, e.Unit, e.Instead)
	}
	text := fmt.Sprintf("%s of %s ended with %q", e.Verb, e.Unit, e.Result)
	switch e.Result {
	case "failed":
		text = fmt.Sprintf("%s of %s failed", e.Verb, e.Unit)
	case "timeout":
		text = fmt.Sprintf("%s of %s took too long", e.Verb, e.Unit)
	}
	if e.Before != "" {
		text += fmt.Sprintf("; a %s job of it was under way already", e.Before)
	}
	return text
}
