// SPDX-License-Identifier: Apache-2.0

package units

import "time"

// LogLine is one message of a unit in the journal.
type LogLine struct {
	When       time.Time `json:"when"`
	Unit       string    `json:"unit"`
	Identifier string    `json:"identifier,omitempty"` // usually the program
	PID        int       `json:"pid,omitempty"`
	Priority   int       `json:"priority"` // 0 emergency to 7 debug, syslog(3)
	Message    string    `json:"message"`
}

// LogQuery says which messages are wanted.
type LogQuery struct {
	Units  []string // names, or patterns as in systemctl list-units
	Lines  int      // how many of the past, at most
	Follow bool     // those to come as well, until no one wants them any more
	User   bool     // of the user's own service manager
}

// LogRun says whose last words are wanted: those of one run of a unit.
//
// The invocation alone does not find them all. journald looks it up when it takes
// a message, and systemd forgets it as soon as the unit has failed; on a busy
// machine that comes first. Such a message has the unit's name only.
type LogRun struct {
	Unit       string
	Invocation string    // InvocationID of the unit, "" if it is not known
	Since      time.Time // when the job began: no message of before is meant
	User       bool      // of the user's own service manager
}
