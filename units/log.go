// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LogLine is one message of a unit in the journal.
type LogLine struct {
	When       time.Time `json:"when"`
	Unit       string    `json:"unit"`
	Identifier string    `json:"identifier,omitempty"` // usually the program
	PID        int       `json:"pid,omitempty"`
	Priority   int       `json:"priority"` // 0 emergency to 7 debug, syslog(3)
	Message    string    `json:"message"`
	// Cursor is where the journal has it (systemd.journal-fields(7)), to go on from;
	// over HTTP it is the id of the event.
	Cursor string `json:"-"`
}

// LogQuery says which messages are wanted.
type LogQuery struct {
	Units  []string // names, or patterns as in systemctl list-units
	Lines  int      // how many of the past, at most
	Follow bool     // those to come as well, until no one wants them any more
	User   bool     // of the user's own service manager
	// Priority is the least urgent level that is wanted, one of [Priorities]; "" is
	// all.
	Priority string
	Since    time.Time // zero is no bound
	// After is the cursor of a message: those after it are wanted, as many as Lines from
	// there on. It takes the place of Since; "" is none.
	After string
}

// Priorities are the levels of messages by urgency, 0 to 7 of syslog(3).
var Priorities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// ParsePriority reads a level by name or number. Names are those of journalctl(1).
func ParsePriority(s string) (string, error) {
	if n, err := strconv.ParseUint(s, 10, 8); err == nil && n < uint64(len(Priorities)) {
		return Priorities[n], nil
	}
	for name, also := range map[string]string{"error": "err", "warn": "warning"} {
		if s == name {
			s = also
		}
	}
	if slices.Contains(Priorities, s) {
		return s, nil
	}
	return "", fmt.Errorf("%q is not a priority; use %s, or 0 to 7", s, strings.Join(Priorities, ", "))
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
