// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"kresd-manager/internal/metrics/exposition"

	"kresd-manager/units"
)

// Files that the configuration names: certificates, zones, lists.
var (
	fileInForceDesc = fileDesc("in_force", "1 if what the file holds is in force, 0 if something older is, or nothing of it.")
	modifiedDesc    = fileDesc("modified_timestamp_seconds", "When the content of the file was written to last, in seconds since 1970.")
	expiresDesc     = fileDesc("certificate_expiry_timestamp_seconds", "When the first certificate in the file expires, in seconds since 1970.")
	degradedDesc    = newDesc("degraded_sources", "Files that rules come from and that could not be loaded.")
)

func fileDesc(name, help string) *exposition.Desc {
	return newDesc("file_"+name, help, "pointer", "path", "kind")
}

// collectFiles sends what is known of the files. One whose state the manager cannot
// see is left out.
func (s Snapshot) collectFiles(out *exposition.Text) {
	if s.StatusError != nil {
		return
	}
	degraded := 0
	seen := map[[2]string]bool{}
	for _, in := range s.Status.Inputs {
		if in.State == units.InputDegraded {
			degraded++
		}
		key := [2]string{in.Pointer, in.Path}
		if seen[key] {
			continue // a file may be read for several uses
		}
		seen[key] = true
		labels := []string{in.Pointer, in.Path, in.Kind}
		if in.State != units.InputUnknown {
			gauge(out, fileInForceDesc, truth(in.State == units.InputCurrent), labels...)
		}
		if !in.Modified.IsZero() {
			gauge(out, modifiedDesc, float64(in.Modified.Unix()), labels...)
		}
		if !in.Expires.IsZero() {
			gauge(out, expiresDesc, float64(in.Expires.Unix()), labels...)
		}
	}
	gauge(out, degradedDesc, float64(degraded))
}
