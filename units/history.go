// SPDX-License-Identifier: Apache-2.0

package units

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kresd-manager/internal/config"
)

// Who asked for a change. The zero value is no one that is known.
type Who struct {
	// Via is how the request came: one of the constants below.
	Via string `json:"via,omitempty"`
	// UID and User say who was at the other end of a unix socket (unix(7),
	// SO_PEERCRED). UID is nil where no one was, User "" where the user has no
	// name.
	UID  *uint32 `json:"uid,omitempty"`
	User string  `json:"user,omitempty"`
	// LoginUID and Login say who logged in before becoming that user, by sudo or the
	// like (proc_pid_loginuid(5)). They are for the record, and give no rights.
	LoginUID *uint32 `json:"login-uid,omitempty"`
	Login    string  `json:"login,omitempty"`
	// Remote is the address and port of who asked over TCP.
	Remote string `json:"remote,omitempty"`
	// Role is the pointer of the role whose token came with the request, and Name the
	// one that the configuration gives it.
	Role string `json:"role,omitempty"`
	Name string `json:"name,omitempty"`
	// Request is the reference of the HTTP request, as in X-Reference-Id.
	Request string `json:"request,omitempty"`
}

// Ways for a request to come.
const (
	ViaSocket = "socket" // over HTTP, on a unix socket
	ViaTCP    = "tcp"    // over HTTP
	ViaSignal = "signal" // SIGHUP
	ViaStart  = "start"  // the manager started
	ViaFiles  = "files"  // files that the configuration names have changed
	ViaTimer  = "timer"  // no one confirmed in time
	ViaRepair = "repair" // workers did not stay up
)

// String names the user, over TCP the role by its name, or else its place, and the
// address, or else how the request came.
func (w Who) String() string {
	if w.Remote != "" {
		return strings.TrimSpace(cmp.Or(w.Name, strings.TrimPrefix(w.Role, "/management/"), w.User) + " " + w.Remote)
	}
	if w.UID == nil {
		return cmp.Or(w.Via, "unknown")
	}
	user := cmp.Or(w.User, fmt.Sprintf("uid %d", *w.UID))
	if w.LoginUID == nil || *w.LoginUID == *w.UID {
		return user
	}
	return cmp.Or(w.Login, fmt.Sprintf("uid %d", *w.LoginUID)) + " (as " + user + ")"
}

// By reports whether someone is meant by a name or the number of a user: who asked, or who
// logged in before.
func (w Who) By(name string) bool {
	for _, u := range []struct {
		uid  *uint32
		name string
	}{{w.UID, w.User}, {w.LoginUID, w.Login}} {
		if u.uid != nil && (u.name == name || strconv.FormatUint(uint64(*u.uid), 10) == name) {
			return true
		}
	}
	return name != "" && (name == w.Via || name == w.Role || name == strings.TrimPrefix(w.Role, "/management/"))
}

// Outcomes of changes in the history.
const (
	OutcomeApplied = "applied"
	OutcomeFailed  = "failed" // and what ran before was restored, as far as was possible
)

// Entry is one change in the history.
type Entry struct {
	// ID counts up from 1, also over restarts; none is given twice.
	ID         int       `json:"id"`
	When       time.Time `json:"when"`
	Generation string    `json:"generation"`
	ETag       string    `json:"etag"`
	Who        Who       `json:"who"`
	Cause      string    `json:"cause"`
	Comment    string    `json:"comment,omitempty"`
	Outcome    string    `json:"outcome"`
	// Error is why the change failed.
	Error string `json:"error,omitempty"`
	// Diff is from what ran before to this, without secrets.
	Diff config.Diff `json:"diff,omitzero"`
	// ConfirmBy is when the change is undone unless it is confirmed before.
	ConfirmBy *time.Time `json:"confirm-by,omitempty"`
	// Confirmed is when someone did, and ConfirmedBy who.
	Confirmed   *time.Time `json:"confirmed,omitempty"`
	ConfirmedBy *Who       `json:"confirmed-by,omitempty"`
	// ReturnTo is the entry that the change goes back to then, and the one that
	// was returned to where the change is such a return. 0 is none.
	ReturnTo int `json:"return-to,omitempty"`
	// UndoneBy is the later change that took this one back by itself, because no one
	// confirmed it or workers did not stay up; 0 is none.
	UndoneBy int `json:"undone-by,omitempty"`
	// Place orders the history where ID does not: a change that waited got its ID
	// before one that came to its end earlier.
	Place int `json:"place,omitempty"`
	// Running means that this is the configuration that runs.
	Running bool `json:"running,omitempty"`
}

// History is the answer to who asks for the history.
type History struct {
	// Entries are the changes, newest first.
	Entries []Entry `json:"entries"`
	// Waiting is the change that has to be confirmed, if there is one.
	Waiting *Waiting `json:"waiting,omitempty"`
	// Faults say in words what of the history is lost or cannot be kept.
	Faults []string `json:"faults,omitempty"`
}

// Waiting means that changes are undone unless someone confirms them.
type Waiting struct {
	// By is when.
	By time.Time `json:"by"`
	// Entry is the change that has to be confirmed; those after it are undone
	// with it. ReturnTo is what runs then; 0 is what is no longer in the history.
	Entry    int `json:"entry"`
	ReturnTo int `json:"return-to,omitempty"`
}
