// SPDX-License-Identifier: Apache-2.0

package writeback

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Same refuses to go on with files that are not those that the manager says it reads.
// What it says is compared, and never used as a path.
func Same(own, told []string) error {
	if slices.EqualFunc(own, told, sameFile) {
		return nil
	}
	return fmt.Errorf("the manager reads %s, and kresctl would write %s; if the manager is right, pass %s",
		strings.Join(told, " + "), strings.Join(own, " + "), "-c "+strings.Join(told, " -c "))
}

// sameFile reports whether a file of ours is what another one calls by an absolute
// path, which is not looked at.
func sameFile(own, told string) bool {
	path, err := filepath.Abs(own)
	if err == nil && path == told {
		return true
	}
	path, err = filepath.EvalSymlinks(path)
	return err == nil && path == told
}
