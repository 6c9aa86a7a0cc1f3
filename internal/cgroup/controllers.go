// SPDX-License-Identifier: Apache-2.0

package cgroup

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Missing returns which of the controllers do not act on a cgroup, and where
// the first of them gets lost: the cgroup whose cgroup.controllers has it no
// more, "/" for that of the whole system. Nothing is missing where nothing can
// be read.
func (s System) Missing(path string, controllers ...string) (missing []string, where string) {
	have, ok := s.controllers(path)
	if !ok {
		return nil, ""
	}
	missing = slices.DeleteFunc(slices.Clone(controllers), func(c string) bool { return slices.Contains(have, c) })
	if len(missing) == 0 {
		return nil, ""
	}
	for where = path; where != "/" && where != "."; where = filepath.Dir(where) {
		if up, ok := s.controllers(filepath.Dir(where)); ok && slices.Contains(up, missing[0]) {
			break
		}
	}
	return missing, where
}

// controllers are those that a cgroup can use.
func (s System) controllers(path string) (names []string, ok bool) {
	b, err := os.ReadFile(s.cgroup(path, "cgroup.controllers"))
	return strings.Fields(string(b)), err == nil
}

// Unenforced is a controller that is missing where something is set that it is
// to enforce.
type Unenforced struct {
	Controller string
	Keys       []string // of the configuration
	// Where is the cgroup that does not have it any more, "/" for the system.
	Where string
}

func (u Unenforced) String() string {
	at := "the system has no cgroup controller " + u.Controller
	if u.Where != "/" {
		at = "the cgroup controller " + u.Controller + " is not passed on to " + u.Where
	}
	return fmt.Sprintf("%s: set, and not enforced, because %s", strings.Join(u.Keys, ", "), at)
}

// Unenforced returns which of the controllers, each with the keys that need it,
// do not act on a cgroup.
func (s System) Unenforced(path string, need map[string][]string) []Unenforced {
	var all []Unenforced
	for _, c := range slices.Sorted(maps.Keys(need)) {
		if missing, where := s.Missing(path, c); len(missing) > 0 {
			all = append(all, Unenforced{c, need[c], where})
		}
	}
	return all
}
