// SPDX-License-Identifier: Apache-2.0

package units

import "time"

// ChangeState is how far a change has come. The set is closed; its text is stable.
type ChangeState string

// States of a change. All but the first two are the end of it, apart from an applied
// one that is undone later.
const (
	// ChangeQueued waits for its turn.
	ChangeQueued ChangeState = "queued"
	// ChangeApplying is in progress.
	ChangeApplying ChangeState = "applying"
	// ChangeApplied is in force, or was.
	ChangeApplied ChangeState = "applied"
	// ChangeRefused was not let through, or failed; what ran before runs, unless the
	// problem says otherwise.
	ChangeRefused ChangeState = "refused"
	// ChangeCanceled was given up because somebody asked for that.
	ChangeCanceled ChangeState = "canceled"
	// ChangeUndone was applied, and taken back because no one confirmed it or workers
	// did not stay up.
	ChangeUndone ChangeState = "undone"
)

// Ended reports whether nothing more comes of a change.
func (s ChangeState) Ended() bool { return s != ChangeQueued && s != ChangeApplying }

// ChangeStatus is what is known of one change while it waits, while it is carried
// out, and for some time afterwards.
type ChangeStatus struct {
	// ID is the number of the change, which it has in the history, too; 0 if it has
	// none yet.
	ID    int         `json:"id,omitempty"`
	State ChangeState `json:"state"`
	// Revision grows with whatever becomes of the change.
	Revision uint64 `json:"revision"`
	Cause    string `json:"cause"`
	Who      Who    `json:"who"`
	Comment  string `json:"comment,omitempty"`
	// When it was asked for, when its turn came, and when it ended.
	When  time.Time  `json:"when"`
	Began *time.Time `json:"began,omitempty"`
	Ended *time.Time `json:"ended,omitempty"`
	// Position of a change that is queued: 1 comes next. Behind is what is in
	// progress meanwhile, if anything is.
	Position int          `json:"position,omitempty"`
	Behind   *ChangeAhead `json:"behind,omitempty"`
	// Plan is what is carried out, and Restoring what brings back what ran before.
	Plan      *Plan `json:"plan,omitempty"`
	Restoring *Plan `json:"restoring,omitempty"`
	// Steps are those that have begun, in that order.
	Steps []StepStatus `json:"steps,omitempty"`
	// ETag is that of the configuration that ran at the end of the change, without quotes.
	ETag string `json:"etag,omitempty"`
	// UndoneBy is the change that took this one back, see [Entry].
	UndoneBy int `json:"undone-by,omitempty"`
	// Report is what became of a change that has ended, and Err why it failed.
	Report *Report `json:"report,omitempty"`
	Err    error   `json:"-"`
	// Concerns tells that a failure is in the history, and not only its sender's.
	Concerns bool `json:"-"`
}

// ChangeAhead is what a change waits for.
type ChangeAhead struct {
	ID    int       `json:"id,omitempty"`
	Cause string    `json:"cause"`
	Who   Who       `json:"who"`
	Since time.Time `json:"since"`
}

// StepStatus is a step that has begun.
type StepStatus struct {
	N    int    `json:"n"`
	Kind Kind   `json:"kind"`
	Unit string `json:"unit"`
	// Restores tells that the step is one of Restoring.
	Restores bool      `json:"restores,omitempty"`
	Began    time.Time `json:"began"`
	// Done tells that the step has ended, and Took after which time; Error is why it
	// failed, "" if it did not.
	Done  bool    `json:"done"`
	Took  Seconds `json:"took,omitempty"`
	Error string  `json:"error,omitempty"`
}
