// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// owner is who must own what systemd follows as root; tests are not root.
var owner uint32

// RootsAlone reports whether no one but root can put a link in the place of a
// directory or of one above it, as far as they are there. systemd follows what a
// drop-in names as root, and what is named may come from a generation, which is the
// manager's. root is "" but in tests.
func RootsAlone(root, dir string) bool {
	var above []string
	for d := dir; d != "/"; d = filepath.Dir(d) {
		above = append([]string{d}, above...)
	}
	for _, d := range append([]string{"/"}, above...) {
		info, err := os.Lstat(root + d)
		if err != nil {
			return os.IsNotExist(err) // below what is root's
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		switch {
		case !ok || !info.IsDir(): // a link, too
			return false
		case d == dir: // is the resolver's; what is in it is not followed
		case st.Uid != owner || info.Mode()&(fs.ModePerm&0o022) != 0:
			return false
		}
	}
	return true
}
