// SPDX-License-Identifier: Apache-2.0

package generator

import "testing"

func TestWhichDirectoriesAreOpened(t *testing.T) {
	for dir, want := range map[string]bool{
		"/var/cache/elsewhere": true, "/srv/cache": true, "/mnt": true, "/var/cache/knot-resolver-2": true, "/homes/x": true,
		"/var/cache/knot-resolver": false, // open anyway
		// A link there would be followed as root.
		"/var/cache/knot-resolver/other": false, "/var/lib/knot-resolver/x": false, "/run/knot-resolver/work/x": false, "/tmp/x": false,
		"/var/lib/kresd-manager/boot": false,
		"/home/a/cache":               false, "/root": false, "/etc": false, "/usr/share/x": false, "relative": false, "/a/../b": false,
	} {
		if got := Opens(dir); got != want {
			t.Errorf("%s: %t", dir, got)
		}
	}
}
