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

// has reports whether a user is one of those of a role, or in one of its groups. Both are names or numbers; what the system does not
// know is no one.
func has(uid *uint32, gids []uint32, role *config.Role) bool {
	for _, name := range role.Users {
		if id, ok := accounts.UserID(name); ok && uid != nil && id == *uid {
			return true
		}
	}
	for _, name := range role.Groups {
		if id, ok := accounts.GroupID(name); ok && slices.Contains(gids, id) {
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
	if w.user != nil {
		who.UID = w.user
	}
	who.LoginUID = c.Login
	who.User, who.Login = accountName(who.UID), accountName(c.Login)
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
