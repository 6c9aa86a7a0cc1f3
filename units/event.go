// SPDX-License-Identifier: Apache-2.0

package units

import "time"

// EventKind is what an event reports. The set is closed; its text is stable.
type EventKind string

// Kinds of events.
const (
	// EventBegin comes with the plan of a change that is about to be carried out.
	EventBegin EventKind = "begin"
	// EventStep comes when a step begins, EventDone when it has succeeded and
	// EventFailed when it has not.
	EventStep   EventKind = "step"
	EventDone   EventKind = "step-done"
	EventFailed EventKind = "step-failed"
	// EventRestore comes with the plan that restores what ran before.
	EventRestore EventKind = "restore"
	// EventApplied and EventRefused end what EventBegin began.
	EventApplied EventKind = "applied"
	EventRefused EventKind = "refused"
	// EventRepair comes with the plan that repairs what drifted by itself.
	EventRepair EventKind = "repair"
	// EventRepaired ends what EventRepair began; Error says what could not be repaired now.
	EventRepaired EventKind = "repaired"
	// EventCrash comes when a unit has ended by itself and systemd starts it again.
	EventCrash EventKind = "crash"
	// EventGap stands for events that its reader has missed and that are no longer
	// known; Error says why. It has no number of its own.
	EventGap EventKind = "gap"
)

// Gap is an event of that kind.
func Gap(why string) Event { return Event{When: time.Now(), Kind: EventGap, Error: why} }

// Event is something that happened to the system or to a change in progress.
type Event struct {
	// N counts the events of one manager process from 1. A gap tells that the
	// reader was too slow.
	N    uint64    `json:"n"`
	When time.Time `json:"when"`
	Kind EventKind `json:"kind"`
	// Change is the number of the change in progress, 0 if it has none.
	Change int    `json:"change,omitempty"`
	Cause  string `json:"cause,omitempty"`
	// Who asked for the change, where it begins.
	Who  *Who  `json:"who,omitempty"`
	Plan *Plan `json:"plan,omitempty"`
	Step *Step `json:"step,omitempty"`
	// Unit is the one that an event is about that belongs to no step.
	Unit string `json:"unit,omitempty"`
	// Took is the time since the change or the step began, in seconds.
	Took       Seconds `json:"took,omitempty"`
	Generation string  `json:"generation,omitempty"`
	Error      string  `json:"error,omitempty"`
}
