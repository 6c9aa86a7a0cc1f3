// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// readers are the users of our own programs that ask the manager something:
// kres-graphite runs as the workers do.
func readers() []uint32 {
	u, err := user.Lookup("knot-resolver")
	if err != nil {
		return nil
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil
	}
	return []uint32{uint32(uid)}
}

// programs is the directory of this program, where the others of ours are.
func programs() string {
	path, err := os.Executable()
	if err != nil {
		return "" // the usual one
	}
	return filepath.Dir(path)
}

// limitsRule is where make install puts the polkit rule for limits, seen from
// where it puts this program.
func limitsRule() string {
	dir := programs()
	if dir == "" {
		dir = "/usr/lib/kresd-manager"
	}
	return filepath.Join(dir, "../../share/kresd-manager/49-kresd-manager-limits.rules")
}
