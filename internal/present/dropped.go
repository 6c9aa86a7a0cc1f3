// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"

	"kresd-manager/units"
)

// Dropped says what a stop drops, and how it comes back: what runs is not in the file,
// which the next start reads. It is "" for nothing.
func Dropped(s units.Status, h units.History) string {
	if s.FileETag == "" || s.ETag == s.FileETag {
		return ""
	}
	back := "kresctl history"
	for _, e := range h.Entries {
		if e.Running {
			back = fmt.Sprintf("kresctl rollback %d", e.ID)
		}
	}
	return fmt.Sprintf("note: what ran differs from %s, which the next start reads; after that start %s brings it back, and kresctl config save writes it into the file\n", s.File, back)
}
