// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"path"
	"strings"

	"kresd-manager/internal/access"
)

// maxLinks is how many symbolic links the kernel follows, path_resolution(7).
const maxLinks = 40

// follow goes to a file through symbolic links and judges where it leads. What
// cannot be looked at, as the manager cannot look into what its own sandbox hides,
// is taken as it is written.
func (v View) follow(tree access.Tree, file string) (s state, at string) {
	at = "/"
	links := 0
	rest := strings.Split(path.Clean(file), "/")
	for len(rest) > 0 {
		if end := path.Join(append([]string{at}, rest...)...); v.at(end).hidden != nil {
			return v.at(end), end
		}
		name := rest[0]
		rest = rest[1:]
		next := path.Join(at, name)
		info, err := tree.Lstat(next)
		if err != nil || info.Kind != access.Symlink || links == maxLinks {
			at = next
			continue
		}
		links++
		target, err := tree.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		if path.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return v.at(at), at
}
