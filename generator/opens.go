// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"slices"
	"strings"
)

// kept are directories below which nothing is opened. In some a user of ours, or
// anyone, could put a link, which systemd would follow as root; the others are hidden
// from the units, so that opening them would have no effect, or are the system's.
var kept = []string{
	"/run", "/tmp", "/var/tmp", "/var/cache/knot-resolver", "/var/lib/knot-resolver", "/var/lib/kresd-manager",
	"/home", "/root", "/dev", "/proc", "/sys", "/etc", "/usr", "/boot", "/efi", "/bin", "/sbin", "/lib",
}

// Opens reports whether a directory of the cache is one that the generator opens for
// the units that use it. The usual one is open.
func Opens(dir string) bool {
	return isPath(dir) && !slices.ContainsFunc(kept, func(k string) bool { return dir == k || strings.HasPrefix(dir, k+"/") })
}
