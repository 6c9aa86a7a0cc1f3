// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"fmt"
	"strings"

	"kresd-manager/units"
)

// drops says what a reload or a start loses of what was changed over the API. It
// belongs to the report of a transition to the file.
func (m *Manager) drops(cur, next *snapshot) string {
	etag, last := cur.running.ETag(), m.past().Applied()
	if !m.started {
		// After a stop or a boot nothing but the history says what ran before.
		if fromFile(last) {
			return ""
		}
		etag = last.ETag
	}
	if etag == "" || etag == next.running.ETag() || m.started && etag == cur.fileETag {
		return ""
	}
	back := ""
	if last.ETag == etag {
		back = fmt.Sprintf("; kresctl rollback %d restores them", last.ID)
	}
	return "unsaved API changes are dropped" + back
}

// fromFile reports whether a change made what the file held the configuration.
func fromFile(e units.Entry) bool {
	return e.Cause == "reload" || e.Cause == "start" || strings.HasPrefix(e.Cause, "start: ")
}
