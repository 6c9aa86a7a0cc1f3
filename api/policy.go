// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"kresd-manager/internal/config"
	"kresd-manager/internal/token"
)

// policy is what one configuration says of the callers of the interface. It is
// never changed, only replaced.
type policy struct {
	running    *config.Running
	management config.Management
	err        error // why management is not known; then only root is let in
	// redacted is what who may not change the configuration may see of it.
	redacted func() *config.Document
}

// policy returns that of the running configuration. It is made once for each.
func (h *handlers) policy() *policy {
	running := h.ctl.Running()
	if p := h.current.Load(); p != nil && p.running == running {
		return p
	}
	p := &policy{running: running, management: running.Management, err: running.Fault, redacted: sync.OnceValue(running.Redacted)}
	if p.err != nil {
		h.log.Error("cannot tell who may use the API", "error", p.err)
	}
	h.current.Store(p)
	return p
}

// hasToken reports whether any role has a token or a certificate.
func (p *policy) hasToken() bool {
	return slices.ContainsFunc(p.management.Roles, config.Role.OverTCP)
}

// bearer returns the token of a request (RFC 6750 section 2.1).
func bearer(r *http.Request) (token string, sent bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.Trim(token, " "), true
}

// roleOf returns the role with the most rights of those that have a token with this
// digest. All
// tokens are compared, each in the same time whatever it holds.
func (h *handlers) roleOf(p *policy, digest token.Digest) (role int, found bool) {
	for i := range p.management.Roles {
		r := &p.management.Roles[i]
		want, ok := h.tokenOf(r)
		if ok && digest.Equal(want) && (!found || access(r.Role).includes(access(p.management.Roles[role].Role))) {
			role, found = i, true
		}
	}
	return role, found
}

// tokenOf returns the digest of the token of a role, if it has one that can be used. A
// file is read each time, so that a new token counts at once.
func (h *handlers) tokenOf(r *config.Role) (d token.Digest, ok bool) {
	if r.TokenFile == "" {
		if r.Token == "" {
			return d, false
		}
		d, err := token.Parse(r.Token)
		return d, err == nil
	}
	d, _, err := token.ReadDigest(r.TokenFile)
	text := ""
	if err != nil {
		text = err.Error()
	}
	if last, _ := h.tokenFaults.Swap(r.TokenFile, text); last != text && err != nil {
		h.log.Error("no token gives this role", "role", r.Role, "error", err)
	}
	return d, err == nil
}
