// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/session"
	"kresd-manager/internal/token"
)

const sessionPath = "/v1/session"

// getSession says who asks and what they may do, to anyone.
func (h *handlers) getSession(w *response, r *http.Request) error {
	w.Header()["Cache-Control"] = []string{"no-store"}
	if w.loggedOut {
		setCookie(w, r, "")
	}
	return sendJSON(w, h.sessionOf(w, r), "")
}

func (h *handlers) sessionOf(w *response, r *http.Request) wire.Session {
	p := h.policy()
	s := wire.Session{Who: whoAsks(w, r), Role: wire.Access(w.rights), Login: h.login(p, r), Pages: h.address(p)}
	named := s.Who
	named.Remote = ""
	s.Name = cmp.Or(s.Who.Name, s.Who.User, strings.TrimPrefix(s.Who.Role, "/management/"), named.String())
	if !w.sessionEnds.IsZero() {
		s.Session, s.Expires = true, &w.sessionEnds
	}
	return s
}

// login says whether there is something to log in with from there.
func (h *handlers) login(p *policy, r *http.Request) wire.Login {
	c := door.CallerOf(r)
	switch {
	case !slices.ContainsFunc(p.management.Roles, func(r config.Role) bool { return r.Token != "" || r.TokenFile != "" }):
		if !c.TCP() {
			return wire.LoginNone
		}
		return wire.LoginNoToken
	case !c.TCP():
		return wire.LoginNone
	case r.TLS == nil && !c.Local.Addr().IsLoopback():
		return wire.LoginNoTLS
	}
	return wire.LoginToken
}

// address is that of the pages, "" if the manager does not listen over TCP.
func (h *handlers) address(p *policy) string {
	at := p.management.Interface
	if !at.Addr.IsValid() {
		return ""
	}
	port := strconv.Itoa(int(at.Port))
	host := netip.AddrPortFrom(at.Addr, at.Port).String()
	name := ""
	if at.Addr.IsUnspecified() && len(h.opt.Hosts) > 0 {
		name = h.opt.Hosts[0]
	}
	scheme := "http"
	if p.management.TLS.CertFile != "" {
		scheme = "https"
		if covers := h.opt.OwnName; covers != nil && !covers(at.Addr.String()) {
			if i := slices.IndexFunc(h.opt.Hosts, covers); i >= 0 {
				name = h.opt.Hosts[i]
			}
		}
	}
	if name != "" {
		host = name + ":" + port
	}
	return scheme + "://" + host + pagesPath + "/"
}

// maxLogIn is how large the body of a login may be, in bytes: a token in JSON.
const maxLogIn = 2*token.Max + 1024

// jsonOnly is what no form of a page of others can send.
var jsonOnly = map[string]text.Format{"application/json": text.JSON}

// logIn begins a session for who sends a token or the code of a link. What the browser
// had before ends: no one goes on with a session that someone else has begun.
func (h *handlers) logIn(w *response, r *http.Request) error {
	w.Header()["Cache-Control"] = []string{"no-store"}
	if err := noQuery(r); err != nil {
		return err
	}
	sent, err := h.readLogIn(w, r)
	if err != nil {
		return err
	}
	if h.login(h.policy(), r) == wire.LoginNoTLS {
		return clearLogin()
	}
	from := door.CallerOf(r).Source()
	if wait := h.wrongTokens.Wait(from); wait > 0 {
		return &slowedDown{guessing(from), wait}
	}
	var holder session.Holder
	ok := false
	if sent.Token != "" {
		digest := token.Of(sent.Token)
		holder.Token, ok = &digest, true
	} else {
		holder, ok = h.sessions.Follow(sent.Code)
	}
	w.rights, w.role, w.roleName, w.user = nothing, "", "", nil // who was known by something else
	if !ok || !h.useHolder(w, h.policy(), holder) {
		w.guessed = true
		h.wrongTokens.Spend(from)
		if sent.Token == "" {
			return oldLink()
		}
		return wrongToken()
	}
	if old := cookieOf(w, r); old != "" {
		h.sessions.End(old)
	}
	cookie := h.sessions.Begin(holder)
	_, w.sessionEnds, _ = h.sessions.Find(cookie)
	setCookie(w, r, cookie)
	h.log.Info("logged in to the pages", "who", whoAsks(w, r).String(), "may", string(w.rights), "reference", w.reference)
	return sendJSON(w, h.sessionOf(w, r), "")
}

func (h *handlers) readLogIn(w *response, r *http.Request) (sent wire.LogIn, err error) {
	if r.ContentLength > maxLogIn {
		return sent, &http.MaxBytesError{Limit: maxLogIn}
	}
	if _, err := bodyFormat(r, jsonOnly); err != nil {
		return sent, err
	}
	if w.body != nil {
		r.Body = http.MaxBytesReader(w.ResponseWriter, r.Body, maxLogIn)
		h.hurry(w)
	}
	body, err := readBody(w, r)
	if err != nil {
		return sent, err
	}
	// What is wrong with it is not repeated: it may be a token.
	if json.Unmarshal(body, &sent) != nil || (sent.Token == "") == (sent.Code == "") {
		return sent, malformed(`to log in send {"token": "…"}, or the code of a link as {"code": "…"}`)
	}
	sent.Token = strings.TrimSpace(sent.Token)
	return sent, nil
}

// logOut ends the session of a browser.
func (h *handlers) logOut(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	if cookie := cookieOf(w, r); cookie != "" {
		h.sessions.End(cookie)
	}
	setCookie(w, r, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// linkSession makes a link that logs in to the pages once, as who asks: their token, or
// the user that they are on the unix socket.
func (h *handlers) linkSession(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	address := h.address(h.policy())
	if address == "" {
		return noPages()
	}
	c := door.CallerOf(r)
	var holder session.Holder
	switch text, sent := bearer(r); {
	case c.UID != nil && h.known(h.policy(), c) != nothing:
		holder = session.Holder{UID: c.UID, GIDs: c.GIDs}
	case sent && w.role != "":
		digest := token.Of(text)
		holder = session.Holder{Token: &digest}
	default:
		return noLink()
	}
	code, expires, ok := h.sessions.Link(holder)
	if !ok {
		return busy("too many links to the pages have not been followed; they end after %s", session.LinkTime)
	}
	w.Header()["Cache-Control"] = []string{"no-store"}
	return sendJSON(w, wire.SessionLink{URL: address + "#code=" + code, Expires: expires}, "")
}
