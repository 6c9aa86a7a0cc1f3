// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"

	"kresd-manager/units"
)

// stockStarts reports whether the stock service is started at boot: then it is
// the one that serves, since two cannot. root is "" but in tests.
func stockStarts(root string) bool {
	wanted := false
	for _, dir := range []string{"/etc/systemd/system", "/run/systemd/system"} {
		if target, err := os.Readlink(filepath.Join(root, dir, units.Stock)); err == nil && target == "/dev/null" {
			return false // masked
		}
		links, _ := filepath.Glob(filepath.Join(root, dir, "*.wants", units.Stock))
		wanted = wanted || len(links) > 0
	}
	return wanted
}
