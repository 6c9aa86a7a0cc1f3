// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// Watches says which of the files that are to be watched the manager cannot watch:
// workers would go on with what they have read before, and no one would know.
func (r *Readers) Watches(inputs []units.Input) []Finding {
	var found []Finding
	for _, in := range inputs {
		if !in.Watched {
			continue
		}
		p := access.Path{Pointer: in.Pointer, Need: access.WatchFile, Path: in.Path}
		for _, f := range access.Check(access.OS, r.Manager, p) {
			if f.Unsure || f.Missing {
				continue // told where it is to be read
			}
			found = append(found, Finding{Problem: config.Problem{
				Pointer: p.Pointer, Severity: config.SeverityWarning,
				Message: "a change of it is not seen: " + f.Message,
				Hint:    "kresctl renew after each change; or let " + r.Manager.Name + " list " + f.At,
			}})
		}
	}
	return found
}
