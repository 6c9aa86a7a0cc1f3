// SPDX-License-Identifier: Apache-2.0

package units

import "slices"

// Undone are the changes whose effect ends with a return to the configuration of a
// change, newest first; 0 is the one that ran before the running one. It is nil for a
// change that is not in the history, or came after what runs.
func (h History) Undone(id int) []Entry {
	running := slices.IndexFunc(h.Entries, func(e Entry) bool { return e.Running })
	if running < 0 {
		return nil
	}
	var undone []Entry
	for _, e := range h.Entries[running:] {
		if e.Outcome != OutcomeApplied {
			continue
		}
		if id == e.ID || id == 0 && len(undone) > 0 {
			return undone
		}
		undone = append(undone, e)
	}
	return nil
}
