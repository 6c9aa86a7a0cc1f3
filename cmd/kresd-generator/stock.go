// SPDX-License-Identifier: Apache-2.0

package main

import (
	"kresd-manager/internal/unitdir"
	"kresd-manager/units"
)

// stockStarts reports whether the stock service is started at boot: then it is
// the one that serves, since two cannot. What other generators make is seen only if
// they were faster; none of systemd's makes such a link for a unit with a file.
// root is "" but in tests.
func stockStarts(root string) bool {
	path := unitdir.Now()
	path.Root = root
	return path.Wanted(units.Stock) != ""
}
