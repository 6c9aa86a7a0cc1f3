// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"kresd-manager/api/door"
	"kresd-manager/internal/message"
	"kresd-manager/internal/token"
)

// access is what a caller may do, and what a route demands. Each includes those
// before it; "" is nothing.
type access string

const (
	nothing   access = ""
	read      access = "read"      // look
	operate   access = "operate"   // reload, restart, stop
	configure access = "configure" // change the configuration
)

var ranks = []access{nothing, read, operate, configure}

// includes reports whether who may do a may do b.
func (a access) includes(b access) bool { return slices.Index(ranks, a) >= slices.Index(ranks, b) }

// Wrong tokens of a source: the next one is looked at some seconds later.
const (
	maxWrongTokens  = 10
	wrongTokenEvery = 5 * time.Second
)

// admit decides whether a request may go on, and notes in w what its sender may
// do. Callers on a unix socket are known by their connection, all callers by the
// token that they send or have logged in with, and those over TLS by their certificate:
//
//   - Without roles, whoever can open the unix socket may do everything. With
//     them, root and the manager's own user still may: they could edit the file.
//   - Over TCP nothing but these tells callers apart. As long as no role has
//     one, callers that reach a loopback address may read, as all users of this
//     machine can; others may do nothing.
func (h *handlers) admit(w *response, r *http.Request, need access) error {
	p := h.policy()
	c := door.CallerOf(r)
	if at := p.management.Interface; c.TCP() && c.Listener != netip.AddrPortFrom(at.Addr.Unmap(), at.Port) {
		return noInterface(c.Listener.String())
	}
	w.rights = h.known(p, c)
	certified := h.useCertificate(w, p, r)
	h.useSession(w, p, r)
	text, sent := bearer(r)
	var wait time.Duration
	if sent && p.hasToken() {
		from := c.Source()
		if wait = h.wrongTokens.Wait(from); wait == 0 {
			h.useToken(w, p, text, from)
		}
	}
	switch {
	case w.rights.includes(need):
		return nil
	case wait > 0:
		return &slowedDown{guessing(c.Source()), wait}
	case w.role != "" || w.user != nil || certified || !c.TCP() && !sent:
		return denied(whoAsks(w, r).String(), w.rights, r.Method, r.URL.Path, need)
	case sent:
		return wrongToken()
	case w.loggedOut:
		return loggedOut()
	case p.hasToken():
		return tokenNeeded(r.Method, r.URL.Path)
	}
	return noTokens(r.Method, r.URL.Path, need)
}

// useToken adds what a token allows. A wrong one makes its source wait, so that
// no one can try many.
func (h *handlers) useToken(w *response, p *policy, sent string, from door.Source) {
	role, found := h.roleOf(p, token.Of(sent))
	if !found {
		w.guessed = true
		h.wrongTokens.Spend(from)
		return
	}
	w.useRole(p, role)
}

// useRole adds what a role allows whose token was sent.
func (w *response) useRole(p *policy, role int) {
	w.role, w.roleName = fmt.Sprintf("/management/roles/%d", role), p.management.Roles[role].Name
	if a := access(p.management.Roles[role].Role); !w.rights.includes(a) {
		w.rights = a
	}
}

// useCertificate adds what a client certificate allows, if there is one. That an authority
// of /management/tls/client-ca-file has signed it was seen in the handshake.
func (h *handlers) useCertificate(w *response, p *policy, r *http.Request) (sent bool) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return false
	}
	names := certificateNames(r.TLS.VerifiedChains[0][0])
	for i := range p.management.Roles {
		role := &p.management.Roles[i]
		for _, name := range names {
			if a := access(role.Role); slices.Contains(role.Certificates, name) && (w.role == "" || !w.rights.includes(a)) {
				w.role, w.roleName = fmt.Sprintf("/management/roles/%d", i), cmp.Or(role.Name, name)
				if !w.rights.includes(a) {
					w.rights = a
				}
			}
		}
	}
	return true
}

// certificateNames are the names of who has a certificate: those of its subjectAltName
// or, only where there are none, the common name (RFC 9525 section 2).
func certificateNames(c *x509.Certificate) []string {
	names := slices.Concat(c.DNSNames, c.EmailAddresses)
	for _, u := range c.URIs {
		names = append(names, u.String())
	}
	if len(names)+len(c.IPAddresses) == 0 && c.Subject.CommonName != "" {
		names = append(names, c.Subject.CommonName)
	}
	return names
}

// known is what a caller may do without a token.
func (h *handlers) known(p *policy, c *door.Caller) access {
	if c.TCP() {
		if !p.hasToken() && c.Listener.Addr().IsLoopback() {
			return read
		}
		return nothing
	}
	return h.knownUser(p, c.UID, c.GIDs)
}

// knownUser is what a user may do, with the groups of their process.
func (h *handlers) knownUser(p *policy, uid *uint32, gids []uint32) access {
	if len(p.management.Roles) == 0 && p.err == nil {
		return configure
	}
	if uid == nil {
		return nothing
	}
	if *uid == 0 || *uid == h.self {
		return configure
	}
	best := nothing
	if slices.Contains(h.opt.Readers, *uid) {
		best = read
	}
	for i := range p.management.Roles {
		role := &p.management.Roles[i]
		if a := access(role.Role); !best.includes(a) && has(uid, gids, role) {
			best = a
		}
	}
	return best
}

// audit logs who asked for more than to look, who was not let, and who sent a
// wrong token. What a source is refused fills no log.
func (h *handlers) audit(w *response, r *http.Request, need access) {
	refused := w.status == http.StatusUnauthorized || w.status == http.StatusForbidden || w.status == http.StatusTooManyRequests
	if !refused && !w.guessed && read.includes(need) {
		return
	}
	who := whoAsks(w, r)
	about := []any{"who", who.String(), "method", r.Method, "path", r.URL.Path, "status", w.status, "reference", w.reference}
	if !refused && !w.guessed {
		h.log.Info("request", append(about, message.About{Kind: message.Request}.Attr())...)
		return
	}
	pace := h.reports
	if w.guessed {
		pace = h.guesses
	}
	more, due := pace.Due(door.CallerOf(r).Source())
	if !due {
		return
	}
	if more > 0 {
		about = append(about, "left-out", more)
	}
	about = append(about, message.About{Kind: message.RequestRefused}.Attr())
	switch {
	case w.guessed:
		h.log.Warn("wrong token", about...)
	case w.status == http.StatusTooManyRequests:
		h.log.Warn("too many wrong tokens", about...)
	default:
		h.log.Warn("request refused", about...)
	}
}
