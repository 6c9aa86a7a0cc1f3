// SPDX-License-Identifier: Apache-2.0

// Package cgroup reads what the kernel knows of the cgroup of a unit and, where
// no controller accounts for it, of its main process (Linux
// Documentation/admin-guide/cgroup-v2.rst, proc(5)). It sets nothing: that is
// systemd's. What cannot be read counts as unknown and is no error, because a
// process may end at any moment.
package cgroup

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// System is where to look. The zero value is the running system.
type System struct {
	Cgroup string // mount point of cgroup version 2, "/sys/fs/cgroup" if empty
	Proc   string // mount point of proc, "/proc" if empty
}

func (s System) cgroup(path ...string) string {
	root := s.Cgroup
	if root == "" {
		root = "/sys/fs/cgroup"
	}
	return filepath.Join(append([]string{root}, path...)...)
}

// number reads a file with one number.
func number(path string) (n uint64, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseUint(string(bytes.TrimSpace(b)), 10, 64)
	return n, err == nil
}

// keyed reads the number that follows a key in a file with one of each a line.
func keyed(path, key string) (n uint64, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if value, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), key+" "); found {
			n, err := strconv.ParseUint(value, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
