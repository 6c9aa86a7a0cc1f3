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
	Since        time.Time
	Restarts     int    // automatic restarts since the last manual start
	MemoryBytes  uint64 // 0 if unknown
	HeldBytes    uint64 // memory of the main process that the kernel cannot take back; 0 if unknown
	CgroupPath   string // below the cgroup root, "" if none
	// NeedDaemonReload tells that the unit's files have been edited since systemd
	// read them.
	NeedDaemonReload bool
	// Populated tells whether the unit's cgroup holds processes and, if the
	// unit has a main process, whether that process is one of them.
	Populated bool
	// Args is the command line of the main process, without the program.
	Args []string
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
// somebody has asked for that.
func (o Observed) InTransition() bool {
	switch o.ActiveState {
	case "activating", "deactivating", "reloading", "refreshing":
		return true
	}
	return o.Job != 0
}

// Masked reports whether the administrator has forbidden to start the unit.
func (o Observed) Masked() bool { return o.LoadState == "masked" }

// ConfigHash returns the hash in a STATUS= text of the form "config HASH",
// "rules HASH" or "component HASH", "" if there is none.
func (o Observed) ConfigHash() string {
	for _, p := range []string{WorkerStatus, RulesStatus, ComponentStatus} {
		if h, ok := strings.CutPrefix(o.StatusText, p); ok {
			return h
		}
	}
	return ""
}

// Live is one snapshot of our units. A unit that systemd does not know is
// absent or has LoadState "not-found".
type Live struct {
	Units map[string]Observed
	// Limits are those of workers, running or not, as far as they were looked at.
	Limits map[string]Limits
	// Contents are what the files hold that the configuration names, by path.
	Contents map[string]Content
	// Read is what the running process of a unit has read of them: IDs of contents
	// by unit and path. What is not known is absent.
	Read map[string]map[string]string
	// Refused is what a unit was given to read and did not take.
	Refused map[string]map[string]string
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

// RunningWorkers returns the numbers of the workers that serve, ascending.
func (l Live) RunningWorkers() []int {
	var ns []int
	for _, n := range l.Workers() {
		if l.Unit(Worker(n)).Running() {
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
// this hash in force.
func (l Live) rulesLoaded(hash string) bool {
	o := l.Unit(PolicyLoader)
	return o.ActiveState == "active" && o.Result == "success" && o.StatusText == RulesStatus+hash
}
