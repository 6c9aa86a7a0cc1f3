// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kresd-manager/internal/durable"
	"kresd-manager/units"
)

// Write makes dir hold the tree: every file and link appears whole, under its
// name, or not at all, and what an earlier call wrote and is not in the tree
// goes. What others have in dir stays. Calls at the same time, of several
// processes, do not harm each other.
func (t Tree) Write(dir string) error {
	var failures []error
	made := map[string]bool{}
	for _, e := range t {
		path := filepath.Join(dir, e.Path)
		if parent := filepath.Dir(path); !made[parent] {
			if err := os.MkdirAll(parent, 0o755); err != nil {
				return fmt.Errorf("cannot make a directory: %w", err)
			}
			made[parent] = true
		}
		if err := e.write(path); err != nil {
			failures = append(failures, err)
		}
	}
	for _, e := range InPlace(dir) {
		if !slices.ContainsFunc(t, func(w Entry) bool { return w.Path == e.Path }) {
			path := filepath.Join(dir, e.Path)
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				failures = append(failures, err)
			}
			_ = os.Remove(filepath.Dir(path)) // if that was the last in it
		}
	}
	return errors.Join(failures...)
}

func (e Entry) write(path string) error {
	if there, ok := read(path, e.Path); ok && there == e {
		return nil
	}
	var err error
	if e.Target != "" {
		err = durable.Link(e.Target, path)
	} else {
		err = durable.Write(path, []byte(e.Text), 0o644)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", e.Path, err)
	}
	return nil
}

// InPlace returns what earlier calls have left in dir, sorted by path.
func InPlace(dir string) Tree {
	var all Tree
	take := func(path string) {
		if e, ok := read(filepath.Join(dir, path), path); ok {
			all = append(all, e)
		}
	}
	take(First)
	take(Boot)
	take(Failing)
	top, _ := os.ReadDir(dir)
	for _, d := range top {
		name := d.Name()
		unit, isDropIn := strings.CutSuffix(name, ".d")
		if name != targetWants && name != systemWants && (!isDropIn || !ours(unit)) {
			continue
		}
		inside, _ := os.ReadDir(filepath.Join(dir, name))
		for _, f := range inside {
			if isDropIn && strings.HasPrefix(f.Name(), "05-kresd-") || !isDropIn && ours(f.Name()) {
				take(name + "/" + f.Name())
			}
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// ours reports whether the generator may have something to say about a unit.
func ours(unit string) bool {
	role, ok := units.RoleOf(unit)
	return ok && role != units.RoleCanary ||
		slices.Contains([]string{template, units.Target, First, Boot, Failing}, unit)
}

func read(path, name string) (Entry, bool) {
	e := Entry{Path: name}
	info, err := os.Lstat(path)
	if err != nil {
		return e, false
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		e.Target, err = os.Readlink(path)
		return e, err == nil
	}
	if !info.Mode().IsRegular() {
		return e, false
	}
	b, err := os.ReadFile(path)
	e.Text = string(b)
	return e, err == nil
}
