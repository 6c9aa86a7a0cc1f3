// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"os/user"
	"slices"
	"strconv"

	"kresd-manager/api/door"
	accounts "kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// has reports whether a caller on a unix socket is one of the users or in one of
// the groups of a role. Both are names or numbers; what the system does not
// know is no one.
func has(c *door.Caller, role *config.Role) bool {
	for _, name := range role.Users {
		if id, ok := accounts.UserID(name); ok && c.UID != nil && id == *c.UID {
			return true
		}
	}
	for _, name := range role.Groups {
		if id, ok := accounts.GroupID(name); ok && slices.Contains(c.GIDs, id) {
			return true
		}
	}
	return false
}

// whoAsks says who sent a request, for the log and the history.
func whoAsks(w *response, r *http.Request) units.Who {
	c := door.CallerOf(r)
	who := units.Who{Via: units.ViaSocket, UID: c.UID, Role: w.role, Name: w.roleName, Request: w.reference}
	if c.TCP() {
		who.Via, who.Remote = units.ViaTCP, c.Remote.String()
	}
	who.LoginUID = c.Login
	who.User, who.Login = accountName(c.UID), accountName(c.Login)
	return who
}

// accountName is the name of a user, "" if there is none.
func accountName(uid *uint32) string {
	if uid == nil {
		return ""
	}
	u, err := user.LookupId(strconv.FormatUint(uint64(*uid), 10))
	if err != nil {
		return ""
	}
	return u.Username
}
