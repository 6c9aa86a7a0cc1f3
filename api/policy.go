// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"kresd-manager/internal/config"
)

// policy is what one configuration says of the callers of the interface. It is
// never changed, only replaced.
type policy struct {
	doc        *config.Document
	redacted   *config.Document // what who may not change it may see of it
	management config.Management
	err        error // why management could not be read; then only root is let in
}

// policy returns that of the running configuration.
func (h *handlers) policy() *policy {
	doc := h.ctl.Running()
	if p := h.current.Load(); p != nil && p.doc == doc {
		return p
	}
	p := &policy{doc: doc, redacted: doc.Redacted()}
	if p.management, p.err = management(doc, h.opt.Host); p.err != nil {
		h.log.Error("cannot tell who may use the API", "error", p.err)
	}
	h.current.Store(p)
	return p
}

// management reads that section alone: the rest may be large.
func management(doc *config.Document, host config.Host) (config.Management, error) {
	text := []byte("{}")
	switch value, err := doc.Value("/management"); {
	case err == nil:
		text = fmt.Appendf(nil, `{"management": %s}`, value)
	case !errors.Is(err, config.ErrNotFound):
		return config.Management{}, err
	}
	part, err := config.Parse("", text)
	if err != nil {
		return config.Management{}, err
	}
	c, err := part.Config(host)
	if err != nil {
		return config.Management{}, err
	}
	return c.Management, nil
}

// hasToken reports whether any role has a token.
func (p *policy) hasToken() bool {
	return slices.ContainsFunc(p.management.Roles, func(r config.Role) bool { return r.Token != "" || r.TokenFile != "" })
}

// bearer returns the token of a request (RFC 6750 section 2.1).
func bearer(r *http.Request) (token string, sent bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.Trim(token, " "), true
}

// roleOf returns the role with the most rights of those that have the token. All
// tokens are compared, each in the same time whatever it holds.
func (h *handlers) roleOf(p *policy, token string) (role int, found bool) {
	sent := sha256.Sum256([]byte(token))
	for i := range p.management.Roles {
		r := &p.management.Roles[i]
		want := h.tokenOf(r)
		if want == "" {
			continue
		}
		hash := sha256.Sum256([]byte(want))
		if subtle.ConstantTimeCompare(sent[:], hash[:]) == 1 &&
			(!found || access(r.Role).includes(access(p.management.Roles[role].Role))) {
			role, found = i, true
		}
	}
	return role, found
}

// tokenOf returns the token of a role, "" if it has none that can be used. A file
// is read each time, so that a new token counts at once.
func (h *handlers) tokenOf(r *config.Role) string {
	if r.TokenFile == "" {
		return r.Token
	}
	token, err := ReadToken(r.TokenFile)
	text := ""
	if err != nil {
		text = err.Error()
	}
	if last, _ := h.tokenFaults.Swap(r.TokenFile, text); last != text && err != nil {
		h.log.Error("nobody has this role by its token", "role", r.Role, "error", err)
	}
	return token
}

// minToken and maxToken bound a token in bytes.
const (
	minToken = 32
	maxToken = 4096
)

// ReadToken returns the token that a file holds in its only line.
func ReadToken(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxToken+2))
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	switch {
	case len(token) < minToken:
		return "", fmt.Errorf("the token in %s is shorter than %d bytes", path, minToken)
	case len(b) > maxToken+1 || strings.ContainsAny(token, " \t\r\n"):
		return "", fmt.Errorf("%s must hold one token in one line", path)
	}
	return token, nil
}
