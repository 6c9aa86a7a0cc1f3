// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"path/filepath"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
)

// Roles names the users and groups that the system does not know, and the tokens
// in files of the configuration that workers can read; of the latter only where
// the document knows its files.
func (r *Readers) Roles(doc *config.Document, roles []config.Role) []Finding {
	var found []Finding
	for i, role := range roles {
		at := fmt.Sprintf("/management/roles/%d", i)
		for n, name := range role.Users {
			if _, ok := access.UserID(name); !ok {
				found = append(found, stranger(fmt.Sprintf("%s/users/%d", at, n), "user", name))
			}
		}
		for n, name := range role.Groups {
			if _, ok := access.GroupID(name); !ok {
				found = append(found, stranger(fmt.Sprintf("%s/groups/%d", at, n), "group", name))
			}
		}
		if role.Token != "" {
			found = append(found, r.inline(doc, at+"/token")...)
		}
	}
	return found
}

func stranger(pointer, kind, name string) Finding {
	return Finding{Problem: config.Problem{
		Pointer: pointer, Severity: config.SeverityError,
		Message: fmt.Sprintf("there is no %s %s on this machine, so that it gives no one the role", kind, name),
		Hint:    fmt.Sprintf("getent %s %s; what only a directory service knows is given by its number", map[string]string{"user": "passwd", "group": "group"}[kind], name),
	}}
}

// inline looks at a token in the text of a configuration.
func (r *Readers) inline(doc *config.Document, pointer string) []Finding {
	file, _, _, ok := doc.Position(pointer)
	if !ok || r.Worker.Same(r.Manager) {
		return nil
	}
	file, err := filepath.Abs(file)
	if err != nil || len(access.Check(access.OS, r.Worker, access.Path{Need: access.ReadFile, Path: file})) > 0 {
		return nil
	}
	return []Finding{{Problem: config.Problem{
		Pointer: pointer, Severity: config.SeverityWarning,
		Message: fmt.Sprintf("the token is in %s, which is readable by the user %s: a worker that was taken over could use the API with this role", file, r.Worker),
		Hint:    "keep it in a token-file of the user " + r.Manager.Name + " with mode 0400",
	}}}
}
