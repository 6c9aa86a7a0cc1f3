// SPDX-License-Identifier: Apache-2.0

package units

import (
	"errors"
	"fmt"
	"time"

	"kresd-manager/internal/config"
)

// Change is a request to change the running configuration. Match and Edit run
// in one critical section with the comparison of what runs, so a change never
// overwrites another one that it has not seen.
type Change struct {
	// Cause names the request in plans, logs and history.
	Cause string
	// Match refuses the change by returning an error when the running
	// configuration, named by its ETag, is not the expected one. It may be nil.
	Match func(etag string) error
	// Edit returns the new document. It must not change the one it is given.
	Edit func(*config.Document) (*config.Document, error)
	// DryRun computes the plan and leaves everything as it is.
	DryRun bool
	// Force restarts everything even if nothing differs.
	Force bool
	Asked
}

// Asked says who asks for a change, and on which terms.
type Asked struct {
	Who Who
	// Comment is why, in the words of who asks.
	Comment string
	// ConfirmWithin is how long the change stays unless it is confirmed; 0 is
	// for good.
	ConfirmWithin time.Duration
	// Numbered, if set, is called with the number of the change as soon as it waits for
	// its turn, before Change or the like returns. A dry run has none.
	Numbered func(id int)
}

// Again asks for something that takes no value: a reload, a renewal, a return
// to an earlier configuration.
type Again struct {
	// DryRun and Force are as in [Change].
	DryRun bool
	Force  bool
	// Match is as in [Change].
	Match func(etag string) error
	Asked
}

// ErrNothingWaits means that no change waits to be confirmed.
var ErrNothingWaits = errors.New("no change waits to be confirmed")

// WaitingError refuses a change that is to be confirmed while another one waits
// for that: going back has one place to go to.
type WaitingError struct{ Waiting }

func (e *WaitingError) Error() string {
	return fmt.Sprintf("change %d waits to be confirmed by %s; confirm it first, or go back", e.Entry, e.By.Format(time.RFC3339))
}

// NoEntryError means that a change is not in the history, or that what it
// changed to cannot be had.
type NoEntryError struct {
	Entry int
	Err   error
}

func (e *NoEntryError) Error() string { return e.Err.Error() }
func (e *NoEntryError) Unwrap() error { return e.Err }

// ErrUnavailable means that systemd or the bus cannot be reached; nothing is
// wrong with the request, and trying again later may help.
var ErrUnavailable = errors.New("systemd cannot be reached over D-Bus")

// ErrForbidden means that polkit refused a job.
var ErrForbidden = errors.New("polkit does not let kresd-manager control its units")

// ErrCanceled means that someone canceled the change.
var ErrCanceled = errors.New("the change was canceled")

// Mark is a moment in the life of kresd.target: how many jobs of it had ended by then.
type Mark uint64

// JobTerms are the terms of a job that starts something.
type JobTerms struct {
	// Since is when it was asked for. Who stops kresd.target after that has the last word.
	Since Mark
	// Queued is called when systemd has queued the job, so that what is queued from then
	// on is carried out in the order of the unit files; perhaps more than once, perhaps
	// never, as where a job of kresd.target has ended since Since. Nil is no one.
	Queued func()
}

// ErrTargetStopped means that someone stopped the resolver as a whole while a
// change was in progress.
var ErrTargetStopped = errors.New("kresd.target was stopped meanwhile, and nothing is started again; to start it: systemctl start kresd.target")

// ErrDefect is what a change is answered with that met a defect of this program.
var ErrDefect = errors.New("kresd-manager has met a defect and starts again; it then restores what ran before the change, and its journal says more")

// ErrStopQueued means that systemd refuses a start because someone has asked for a
// stop of the unit, or of what it wants, which is not done yet.
var ErrStopQueued = errors.New("a stop is queued")

// ErrStopping means that the manager is on its way out.
var ErrStopping = errors.New("kresd-manager is stopping")
