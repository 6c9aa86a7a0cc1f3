// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"strings"
)

// FaultKind is in what way a unit does not do what it is for, though systemd has
// it running. The set is closed; its text is stable.
type FaultKind string

// Kinds of faults.
const (
	// Mute is a worker that cannot be reached on its control socket, and never will
	// be: it cannot be notified of new rules. It is restarted.
	Mute FaultKind = "mute"
	// Slow is a worker that did not answer there in time. systemd's watchdog kills
	// one that hangs, so nothing is done.
	Slow FaultKind = "slow"
	// CutOff is a worker that cannot be reached because of what others have to put
	// right first, as its directory. Nothing is done.
	CutOff FaultKind = "cut-off"
	// Astray is a worker that has a rule database open which is not the one that the
	// policy-loader writes. It is restarted.
	Astray FaultKind = "astray"
	// Untold is a worker that was frozen and may not know of the rules in force. It
	// is told.
	Untold FaultKind = "untold"
	// RulesGone is of the policy-loader: what it wrote is not there any more. The
	// rules are loaded.
	RulesGone FaultKind = "rules-gone"
)

// Fault is what is wrong with a unit, seen by a look at what it is for and not
// by what it says.
type Fault struct {
	Kind FaultKind
	// Why says in words what was seen. It is the cause of the step that ends it.
	Why string
	// Cost says what it means for those who are served.
	Cost string
}

// Loss is what is gone of the ground that all units stand on: a directory or a
// socket of the API.
type Loss struct {
	Path string
	// Why says what is wrong with the path, as in "PATH is not there".
	Why string
	// Cost says what it means.
	Cost string
	// Socket means that it is a socket of the API.
	Socket bool
}

// FrozenCost is what a unit costs that is frozen (systemctl(1)), "" for one that
// does no harm.
func (l Live) FrozenCost(unit string) string {
	if _, worker := WorkerNumber(unit); !worker {
		return "it does nothing"
	}
	serving, frozen := len(l.RunningWorkers()), 0
	for _, n := range l.Workers() {
		if o := l.Unit(Worker(n)); o.Frozen() && o.MainPID != 0 {
			frozen++
		}
	}
	switch {
	case l.Unit(unit).MainPID != 0:
	case serving > 0:
		return fmt.Sprintf("the others do its work, %d of %d", serving, serving+frozen)
	default:
		return "it serves no one"
	}
	return fmt.Sprintf("the kernel still gives it queries: about %d in %d of all are lost", frozen, serving+frozen)
}

// faulty returns what is wrong with a worker if only a restart ends it.
func (d *differ) faulty(n int) (why string, ok bool) {
	f := d.live.Faults[Worker(n)]
	return f.Why, f.Kind == Mute || f.Kind == Astray
}

// untold tells the workers that may not know of the rules because they were
// frozen.
func (d *differ) untold(need needs) {
	for _, n := range need.stay() {
		if f := d.live.Faults[Worker(n)]; f.Kind == Untold {
			d.plan.add(Reset, Worker(n), f.Why)
		}
	}
}

// Frozen reports whether the processes of the unit do not run because someone
// has frozen it, or its slice (FreezerState in org.freedesktop.systemd1(5)).
func (o Observed) Frozen() bool {
	return strings.HasPrefix(o.FreezerState, "frozen") || strings.HasPrefix(o.FreezerState, "freezing")
}

// Stuck reports whether the unit is frozen by itself and was killed: systemd (262) then
// refuses to start, stop or thaw it, also after a daemon-reexec and a reset-failed.
func (o Observed) Stuck() bool {
	return o.FreezerState == "frozen" && o.MainPID == 0 && o.ActiveState != "active"
}

// AboutFrozen is what to say of a unit that is frozen.
func (o Observed) AboutFrozen() string {
	if o.Stuck() {
		return o.Name + " was killed while it was frozen"
	}
	return o.Name + " is frozen"
}

// Thaw is what ends it that a unit is frozen: a command, but for what only a
// reboot ends. Some units are frozen with the slice that they are in.
func (o Observed) Thaw() string {
	switch {
	case strings.HasSuffix(o.FreezerState, "-by-parent"):
		return "systemctl thaw $(systemctl show --property=Slice --value " + o.Name + ")"
	case o.Stuck():
		return "systemd can neither start, stop nor thaw it; reboot when it suits you"
	}
	return "systemctl thaw " + o.Name
}
