// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"os"
	"path/filepath"

	"kresd-manager/internal/durable"
)

// A part of the start.

// sweep removes what a manager that was killed, or met a full disk, has left of
// files in the making. It is part of the start, with the lock held: no one else
// writes. The history does it for itself.
func (m *Manager) sweep() {
	for _, dir := range []string{m.o.Store.Root, m.o.Store.Boot} {
		// What has the name of our folder and is none is no use to anyone.
		folder := filepath.Join(dir, "generations")
		if st, err := os.Lstat(folder); err == nil && !st.IsDir() {
			if err := os.Remove(folder); err != nil {
				m.o.Log.Warn("cannot tidy up", "error", err)
			}
		}
		for _, d := range []string{dir, folder} {
			removed, err := durable.Sweep(d)
			if err != nil {
				m.o.Log.Warn("cannot tidy up", "error", err)
			}
			if len(removed) > 0 {
				m.o.Log.Info("removed leftovers of unfinished files", "files", removed)
			}
		}
	}
}
