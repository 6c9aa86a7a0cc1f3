// SPDX-License-Identifier: Apache-2.0

package units

import (
	"slices"
	"strings"
	"time"
)

// Observed is the state of one unit as systemd reports it, every string parsed
// once. Field names follow org.freedesktop.systemd1(5).
type Observed struct {
	Name         string
	LoadState    string // "loaded", "not-found", "masked", …
	ActiveState  string // "active", "activating", "inactive", "failed", …
	SubState     string
	Result       string // "success", "exit-code", "timeout", …
	StatusText   string // last STATUS= of the main process
	MainPID      int    // 0 if none
	ExitStatus   int    // of the last main process that ended
	InvocationID string
	Began        time.Time // when the main process was started; zero if unknown
	Job          uint32    // id of the queued job, 0 if none
	JobType      string    // of the queued job: "start", "stop", "restart", …; "" if none
	Since        time.Time
	Restarts     int     // automatic restarts since the last manual start
	Ended        string  // Result of its last end by itself since then, even if it runs again; "" if not known
	OOMKills     *uint64 // processes that the kernel killed for lack of memory; nil if systemd does not say
	MemoryBytes  uint64  // 0 if unknown
	HeldBytes    uint64  // memory of the main process that the kernel cannot take back; 0 if unknown
	CgroupPath   string  // below the cgroup root, "" if none
	// NeedDaemonReload means that the unit's files have been edited since systemd
	// read them.
	NeedDaemonReload bool
	// Populated reports whether the unit's cgroup holds processes and, if the
	// unit has a main process, whether that process is one of them.
	Populated bool
	// Args is the command line of the main process, without the program.
	Args []string
	// FreezerState is "running", "frozen", "frozen-by-parent", …; "" if unknown.
	FreezerState string
}

// Running reports whether the unit serves: active, with its main process in
// its cgroup. A unit that is only starting or being restarted does not run.
func (o Observed) Running() bool {
	return o.ActiveState == "active" && o.MainPID != 0 && o.Populated
}

// Idle reports whether nothing of the unit is there to stop.
func (o Observed) Idle() bool {
	return o.ActiveState == "" || o.ActiveState == "inactive" || o.ActiveState == "failed"
}

// InTransition reports whether the unit is on its way to another state, or
// someone has asked for that. A unit whose own restart was canceled, or refused
// because it was frozen then, is on its way nowhere, whatever systemd calls it.
func (o Observed) InTransition() bool {
	if o.SubState == "auto-restart-queued" {
		return o.Job != 0
	}
	switch o.ActiveState {
	case "activating", "deactivating", "reloading", "refreshing":
		return true
	}
	return o.Job != 0
}

// Serving reports, of kresd.target, whether it is there to stay: active, and no one
// has asked for its stop.
func (o Observed) Serving() bool { return o.ActiveState == "active" && o.JobType != "stop" }

// Masked reports whether the administrator has forbidden to start the unit.
func (o Observed) Masked() bool { return o.LoadState == "masked" }

// Startable reports whether systemd would start the unit.
func (o Observed) Startable() bool { return !o.Masked() && !o.Frozen() }

// ConfigHash returns the hash in a STATUS= text of the form "config HASH",
// "rules HASH" or "component HASH", "" if there is none. The policy-loader says
// after a comma how much of the rules is degraded.
func (o Observed) ConfigHash() string {
	for _, p := range []string{WorkerStatus, RulesStatus, ComponentStatus} {
		if h, ok := strings.CutPrefix(o.StatusText, p); ok {
			if p == RulesStatus {
				h, _, _ = strings.Cut(h, ", ")
			}
			return h
		}
	}
	return ""
}

// LoadedRules reports whether a policy-loader has put the rules with this hash in
// force, apart from sources that failed.
func (o Observed) LoadedRules(hash string) bool {
	return o.ActiveState == "active" && strings.HasPrefix(o.StatusText, RulesStatus) && o.ConfigHash() == hash
}

// Scope is what a snapshot holds beside those of our units that systemd has in
// memory, and the target.
type Scope struct {
	// Units are wanted. They are read in: one that no one has started may be masked.
	Units []string
	// Brief leaves out all but states and jobs, and Units and Limits.
	Brief bool
	// Limits has those limits read that are not 0 in it: of the workers among Units and of
	// those that are not idle.
	Limits Limits
	// Lifted has them read of all others, too, that limits were set for.
	Lifted bool
}

// Live is one snapshot of our units. A unit that systemd does not know is
// absent or has LoadState "not-found".
type Live struct {
	Units map[string]Observed
	// Target is kresd.target, or what is in its place.
	Target Observed
	// Limits are those of workers, running or not, as far as they were looked at; others are
	// Unlimited.
	Limits map[string]Limits
	// Contents are what the files hold that the configuration names, by path.
	Contents map[string]Content
	// Read is what the running process of a unit has read of them: IDs of contents
	// by unit and path. What is not known is absent.
	Read map[string]map[string]string
	// Refused is what a unit was given to read and did not take.
	Refused map[string]map[string]string
	// Faults are what a look found to be wrong with units that run, the worst of
	// each; see package reality.
	Faults map[string]Fault
	// Degraded are the sources that the policy-loader could not load.
	Degraded []Degraded
}

// Unit returns what was observed of a unit; the zero Observed if nothing.
func (l Live) Unit(name string) Observed { return l.Units[name] }

// Workers returns the numbers of all worker instances that are not idle,
// ascending.
func (l Live) Workers() []int {
	var ns []int
	for name, o := range l.Units {
		if n, ok := WorkerNumber(name); ok && !o.Idle() {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	return ns
}

// RunningWorkers returns the numbers of the workers that serve, ascending. One
// that is frozen runs, and serves no one.
func (l Live) RunningWorkers() []int {
	var ns []int
	for _, n := range l.Workers() {
		if o := l.Unit(Worker(n)); o.Running() && !o.Frozen() {
			ns = append(ns, n)
		}
	}
	return ns
}

// Components returns the names of all units of components that are not idle,
// in order.
func (l Live) Components() []string {
	var names []string
	for name, o := range l.Units {
		if _, ok := ComponentName(name); ok && !o.Idle() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// rulesLoaded reports whether the policy-loader's last run put the rules with
// this hash in force, and they still are.
func (l Live) rulesLoaded(hash string) bool {
	o := l.Unit(PolicyLoader)
	return l.Faults[PolicyLoader].Kind != RulesGone && o.Result == "success" && o.LoadedRules(hash)
}
