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
	Follow bool     // those to come as well, until nobody wants them any more
	User   bool     // of the user's own service manager
}
