// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	accounts "kresd-manager/internal/access"
	"kresd-manager/internal/session"
)

// Names of the cookie with a session. Browsers take the first one only over TLS, for this
// host alone and not from a page of another one (RFC 6265bis section 4.1.3.2). Over plain
// HTTP, which is on a loopback address, it cannot be had.
const (
	secureCookie = "__Host-kres"
	plainCookie  = "kres"
)

// overTLS reports whether a browser has asked over TLS: of us, or of a proxy in front.
// Whoever claims the latter falsely gets a cookie that their browser does not send.
func overTLS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// cookieOf is what the cookie of a request holds, "" if there is none that counts: it
// must come from a page of ours. SameSite lets pages of this host through that are
// served at other ports.
func cookieOf(w *response, r *http.Request) string {
	if w.foreign {
		return ""
	}
	c, err := r.Cookie(secureCookie)
	if err != nil && !overTLS(r) {
		c, err = r.Cookie(plainCookie)
	}
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie has the browser keep a session until it is closed; how long the session lasts
// is known here. "" has it forget the one that it has.
func setCookie(w *response, r *http.Request, value string) {
	c := http.Cookie{Name: plainCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if overTLS(r) {
		c.Name, c.Secure = secureCookie, true
	}
	if value == "" {
		c.MaxAge = -1
	}
	w.Header().Add("Set-Cookie", c.String())
}

// useSession adds what the role of a session allows now. A session whose token is gone, or
// no longer gives a role, has ended.
func (h *handlers) useSession(w *response, p *policy, r *http.Request) {
	cookie := cookieOf(w, r)
	if cookie == "" {
		return
	}
	holder, ends, ok := h.sessions.Find(cookie)
	if !ok {
		w.loggedOut = true
		return
	}
	if !h.useHolder(w, p, holder) {
		h.sessions.End(cookie)
		w.loggedOut = true
		return
	}
	w.sessionEnds = ends
}

// stillIn are the groups of a user who has followed a link: those of the process that made
// it which the user is in now. A process keeps its groups when they are taken away from the
// user; a session, which outlives it, does not.
func stillIn(holder session.Holder) (gids []uint32) {
	if holder.UID == nil || len(holder.GIDs) == 0 {
		return nil
	}
	who, err := accounts.Lookup(strconv.FormatUint(uint64(*holder.UID), 10))
	if err != nil || who.UID != *holder.UID {
		return nil // it is gone, or cannot be known: no one
	}
	for _, gid := range holder.GIDs {
		if slices.Contains(who.GIDs, gid) {
			gids = append(gids, gid)
		}
	}
	return gids
}

// useHolder adds what one who has logged in may do; false if that is nothing.
func (h *handlers) useHolder(w *response, p *policy, holder session.Holder) bool {
	if holder.Token != nil {
		role, found := h.roleOf(p, *holder.Token)
		if found {
			w.useRole(p, role)
		}
		return found
	}
	rights := h.knownUser(p, holder.UID, stillIn(holder))
	if rights == nothing {
		return false
	}
	w.user = holder.UID
	if !w.rights.includes(rights) {
		w.rights = rights
	}
	return true
}
