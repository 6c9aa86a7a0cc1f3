// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"slices"

	"kresd-manager/internal/access"
	"kresd-manager/internal/input"
	"kresd-manager/internal/judge"
)

// files looks whether those who need them can read the files that the
// configuration names, and at the accounts that it gives a role.
func (e *examination) files() {
	if e.config == nil {
		return // reported already
	}
	readers, err := judge.Installed()
	if err != nil {
		e.unseen("the files that the configuration names: " + err.Error())
		return
	}
	// What is written to is the matter of owners.
	paths := slices.DeleteFunc(access.Paths(e.doc, e.Model.BaseDir), func(p access.Path) bool { return p.Need != access.ReadFile })
	found := slices.Concat(readers.Files(paths), readers.Watches(input.Named(e.config)), readers.Roles(e.doc, e.config.Management.Roles))
	for _, f := range found {
		what := f.Pointer + ": " + f.Message
		if f.Unsure {
			e.unseen(what)
			continue
		}
		e.find(what, "without it the configuration does not work as written", cmp.Or(f.Hint, "kresctl validate --strict "+e.Config))
	}
}
