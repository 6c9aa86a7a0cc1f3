// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// maxHops bounds a chain of links, as the kernel does (path_resolution(7)).
const maxHops = 40

// hop is an entry of a directory that can be replaced, which changes what a path
// leads to.
type hop struct{ dir, name string }

// hops returns all entries on the way of a path: the file, links to it and to
// its directories, and of a directory that is not there yet the first part that
// is missing.
func hops(path string) []hop {
	var all []hop
	for range maxHops {
		all = append(all, missing(path)...)
		dir, name := filepath.Split(path)
		dir = filepath.Clean(dir)
		all = append(all, hop{dir, name})
		// A link to the directory, such as ..data of a mounted secret.
		if real, err := filepath.EvalSymlinks(dir); err == nil && real != dir {
			for d := dir; d != "/" && d != "."; d = filepath.Dir(d) {
				if target, err := os.Readlink(d); err == nil && target != "" {
					all = append(all, hop{filepath.Dir(d), filepath.Base(d)})
				}
			}
			all = append(all, hop{real, name})
		}
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		path = target
	}
	return all
}

// missing is the first directory on the way that is not there, in the last one
// that is; none if the directory of the path is there, or no one can know.
func missing(path string) []hop {
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		up, name := filepath.Split(dir)
		switch info, err := os.Stat(dir); {
		case err == nil && info.IsDir(), errors.Is(err, fs.ErrPermission):
			return nil
		}
		up = filepath.Clean(up)
		if info, err := os.Stat(up); err == nil && info.IsDir() {
			return []hop{{up, name}}
		}
	}
	return nil
}
