// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/token"
)

// Files says what keeps processes from using paths of a configuration. What no
// one can tell by looking is a warning with Unsure; a token that workers can read
// is a warning, too. It looks at the file system and so may take its time.
func (r *Readers) Files(paths []access.Path) []Finding {
	var found []Finding
	for _, p := range paths {
		if p.Need == access.BindPath && slices.Contains(r.bound, p.Path) {
			continue // made by systemd
		}
		said := map[string]bool{}
		wrong := false
		for _, who := range r.who(usersOf(p.Pointer)...) {
			for _, f := range access.Check(access.OS, who.Identity, p) {
				if said[f.Message] {
					continue
				}
				said[f.Message] = true
				wrong = wrong || !f.Unsure
				found = append(found, Finding{Unsure: f.Unsure, Problem: config.Problem{
					Pointer: p.Pointer, Message: f.Message, Hint: hint(who.Identity, p, f), Severity: severity(f.Unsure),
				}})
			}
		}
		if isToken(p) && !wrong {
			found = append(found, r.token(p)...)
		}
	}
	return found
}

// Finding is a problem, or what could not be known.
type Finding struct {
	config.Problem
	Unsure bool
}

func severity(warning bool) string {
	if warning {
		return config.SeverityWarning
	}
	return config.SeverityError
}

func isToken(p access.Path) bool {
	return strings.HasPrefix(p.Pointer, "/management/roles/") && strings.HasSuffix(p.Pointer, "/token-file")
}

// token looks at a token that the manager can read, as far as its mode goes.
func (r *Readers) token(p access.Path) (found []Finding) {
	_, hashed, err := token.ReadDigest(p.Path)
	switch {
	case err == nil && !hashed && !r.Self: // advice, for those who ask for it
		found = append(found, Finding{Problem: config.Problem{
			Pointer: p.Pointer, Severity: config.SeverityWarning,
			Message: fmt.Sprintf("%s has the token itself: whoever can read the file, or a copy of it, has the role", p.Path),
			Hint:    "move it to where it is used, and keep its hash here: kresctl token hash",
		}})
	case err == nil:
	case !errors.Is(err, fs.ErrPermission):
		hint := "openssl rand -hex 32 >" + p.Path
		if hashed {
			hint = "" // the error has it
		}
		found = append(found, Finding{Problem: config.Problem{
			Pointer: p.Pointer, Severity: config.SeverityError,
			Message: "no token gives this role: " + err.Error(), Hint: hint,
		}})
	case r.Self:
		found = append(found, Finding{Problem: config.Problem{
			Pointer: p.Pointer, Severity: config.SeverityError,
			Message: fmt.Sprintf("%s cannot be read by the user %s: %v", p.Path, r.Manager, errors.Unwrap(err)),
			Hint:    own(r.Manager, p.Path),
		}})
	}
	p.Need = access.ReadFile
	if !r.Worker.Same(r.Manager) && len(access.Check(access.OS, r.Worker, p)) == 0 {
		found = append(found, Finding{Problem: config.Problem{
			Pointer: p.Pointer, Severity: config.SeverityWarning,
			Message: fmt.Sprintf("%s is readable by the user %s, too: a worker that was taken over could use the API with this role", p.Path, r.Worker),
			Hint:    own(r.Manager, p.Path),
		}})
	}
	return found
}

// own is the command that makes a file one of an account, and of no one else.
func own(who access.Identity, path string) string {
	return fmt.Sprintf("chown %s %s; chmod 0400 %s", who.Name, path, path)
}

// hint is what to type next.
func hint(who access.Identity, p access.Path, f access.Finding) string {
	switch {
	case f.Hint != "" || f.Unsure || p.Need != access.ReadFile:
		return f.Hint
	case f.Missing && isToken(p):
		return fmt.Sprintf("(umask 077; openssl rand -hex 32 >%s); chown %s %s", f.At, who.Name, f.At)
	case f.Missing:
		return "put it there, or take it out of the configuration"
	case f.Denied == access.MaySearch && f.Class == "o":
		return fmt.Sprintf("chmod o+x %s, or keep the file elsewhere", f.At)
	case f.Denied == access.MaySearch:
		return fmt.Sprintf("chmod %s+x %s", f.Class, f.At)
	case f.Denied == 0:
		return ""
	case isToken(p):
		return own(who, f.At)
	case f.Class == "o" && len(who.Groups) > 0:
		return fmt.Sprintf("chgrp %s %s; chmod g+r %s", who.Groups[0], f.At, f.At)
	}
	return fmt.Sprintf("chmod %s+r %s", f.Class, f.At)
}
