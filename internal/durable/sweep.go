// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// leftover is the name of a file or folder in the making: of this package, as
// unused makes it, and of what was used before it (.NAME and digits, .new- and
// digits), which an upgrade may find.
var leftover = regexp.MustCompile(`^\.(.+\.new-[A-Z2-7]{12}|.*[^0-9][0-9]{5,10})$`)

// Sweep removes what writers that were killed have left in a directory of ours,
// and reports what it removed. It is for a moment at which no one writes there:
// what is in the making would be taken away, too. A directory that is not there
// has nothing in it. The error joins those of all that could not be removed.
func Sweep(dir string) (removed []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, e := range entries {
		if !leftover.MatchString(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if rerr := os.RemoveAll(path); rerr != nil {
			err = errors.Join(err, rerr)
			continue
		}
		removed = append(removed, path)
	}
	return removed, err
}
