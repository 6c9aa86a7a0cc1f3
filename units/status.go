// SPDX-License-Identifier: Apache-2.0

package units

import (
	"time"

	"kresd-manager/internal/config"
)

// Role is the part that a unit plays.
type Role string

// Roles.
const (
	RoleWorker    Role = "worker"
	RoleCanary    Role = "canary"
	RoleLoader    Role = "policy-loader"
	RoleGC        Role = "cache-gc"
	RoleComponent Role = "component"
)

// RoleOf says which part a unit plays; ok is false for foreign units.
func RoleOf(unit string) (r Role, ok bool) {
	switch unit {
	case PolicyLoader:
		return RoleLoader, true
	case CacheGC:
		return RoleGC, true
	case Canary:
		return RoleCanary, true
	}
	if _, ok := ComponentName(unit); ok {
		return RoleComponent, true
	}
	_, ok = WorkerNumber(unit)
	return RoleWorker, ok
}

// UnitStatus is what people ask about one unit.
type UnitStatus struct {
	Unit string `json:"unit"`
	Role Role   `json:"component"`
	// Kind and Priority are those of the component.
	Kind     ComponentKind `json:"kind"`
	Priority int           `json:"priority"`
	Active   string        `json:"active"`
	Sub      string        `json:"sub"`
	Result   string        `json:"result,omitempty"`
	// Config is the hash of the configuration that the process announced.
	Config string `json:"config,omitempty"`
	// Wanted is the hash that it should announce, "" where none does.
	Wanted string `json:"wanted-config,omitempty"`
	// Current reports whether that is the configuration it should run.
	Current  bool   `json:"current"`
	PID      int    `json:"pid,omitempty"`
	Memory   uint64 `json:"memory,omitempty"` // bytes, 0 if unknown
	Usage    Usage  `json:"usage,omitzero"`
	Restarts int    `json:"restarts"`
	// Stale means that the unit's files were edited since systemd has read them.
	Stale bool `json:"needs-daemon-reload,omitempty"`
	// Masked means that the administrator has forbidden to start the unit.
	Masked bool `json:"masked,omitempty"`
	// Frozen means that someone has frozen its processes (systemctl(1)).
	Frozen bool `json:"frozen,omitempty"`
	// Fault is how the unit does not do what it is for, though systemd has it
	// running; a problem tells it in words.
	Fault FaultKind `json:"fault,omitempty"`
	// Since is when the unit entered its state.
	Since      time.Time `json:"since,omitzero"`
	Invocation string    `json:"invocation,omitempty"`
}

// Status is the overall state.
type Status struct {
	Version string `json:"version"`
	// State is "running", "degraded" (a wanted unit does not run as
	// configured, or a file of rules could not be loaded), "applying", "stopped", "failed" (see Down) or "unknown" (see
	// AsOf).
	State      string `json:"state"`
	Generation string `json:"generation"`
	ETag       string `json:"etag"`
	File       string `json:"file"`
	// AsOf is when the units were like this, if systemd does not answer now, which is
	// the first of Problems; zero is now.
	AsOf time.Time `json:"as-of,omitzero"`
	// FileDiffers means that the running configuration is not the one the file
	// held when it was last read: it was changed through the API, or the file
	// was refused.
	FileDiffers bool `json:"file-differs"`
	// Files are the paths of the configuration files, and FileETag names what
	// they held together when they were last read.
	Files    []string `json:"files"`
	FileETag string   `json:"file-etag"`
	// FileNow names what the files hold now, "" if that is not known; then FileFault
	// says why.
	FileNow   string `json:"file-now-etag,omitempty"`
	FileFault string `json:"file-fault,omitempty"`
	// Waiting is the change that has to be confirmed, if there is one.
	Waiting *Waiting `json:"waiting,omitempty"`
	// Undone is the change that the file still holds, though it was undone because
	// no one confirmed it; 0 is none.
	Undone int `json:"undone,omitempty"`
	// HistoryFaults say in words what of the history is lost or cannot be kept.
	HistoryFaults []string     `json:"history-faults,omitempty"`
	Workers       int          `json:"workers"`
	Units         []UnitStatus `json:"units"`
	LastApply     *Report      `json:"last-apply,omitempty"`
	// Change is what is in progress, be it a change, a repair or a stop, and Queued how
	// many changes wait for their turn.
	Change *ChangeStatus `json:"change,omitempty"`
	Queued int           `json:"queued,omitempty"`
	// LastRepair is the last time that something had drifted by itself.
	LastRepair *Report `json:"last-repair,omitempty"`
	// Warnings say in words what the system does not do though the
	// configuration asks for it.
	Warnings []string `json:"warnings,omitempty"`
	// Problems are what keeps processes from using what the configuration names,
	// as a token or a key that cannot be read, and warnings of that kind. They are
	// gone as soon as what they tell of is.
	Problems config.Problems `json:"problems,omitempty"`
	// Inputs are the files that the configuration names, and that a component reads.
	Inputs []InputStatus `json:"inputs,omitempty"`
	// Down says why the manager took the resolver down.
	Down string `json:"down,omitempty"`
}

// FileEdited reports whether the files hold something else by now than when they were
// read last, and than what runs: a reload would change something.
func (s Status) FileEdited() bool {
	return s.FileFault != "" || s.FileNow != "" && s.FileNow != s.FileETag && s.FileNow != s.ETag
}

// Unsaved reports whether what runs is not what the files held when they were read last,
// nor what they hold now: it was changed over the API, and the next reload drops that.
func (s Status) Unsaved() bool {
	return s.FileETag != "" && s.ETag != s.FileETag && s.ETag != s.FileNow
}
