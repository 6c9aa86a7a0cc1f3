// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"kresd-manager/generator"
	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/unitdir"
	"kresd-manager/packaging"
	"kresd-manager/units"
)

// Checker judges configurations for the installed units. It is safe for concurrent
// use.
type Checker struct {
	Units unitdir.Path
	Tree  access.Tree
	// Base is where relative paths start.
	Base string
	// Opens reports whether kresd-generator opens the directory of the cache, when
	// the configuration file names it and systemd reads its units; nil is never.
	Opens func(dir string) bool
	// Alone reports whether no one but root can put a link in the place of a directory:
	// no drop-in is suggested for another one. nil is always.
	Alone func(dir string) bool
	// Candidate is for a configuration that is not in force yet: what will be opened
	// is no error then.
	Candidate bool
}

// Installed judges for this machine. Relative paths start from base.
func Installed(base string) Checker {
	c := Checker{Units: unitdir.Now(), Tree: access.OS, Base: base}
	c.Alone = func(dir string) bool { return generator.RootsAlone("", dir) }
	if unitdir.HasGenerator("kresd-generator") {
		c.Opens = func(dir string) bool { return generator.Opens(dir) && c.Alone(dir) }
	}
	return c
}

// Check returns what units cannot see or write of the paths in a configuration, in
// the order of their pointers. What costs less than the change is a warning.
func (c Checker) Check(doc *config.Document) config.Problems {
	r := run{Checker: c, doc: doc, views: map[string]View{}}
	for _, p := range access.Paths(doc, c.Base) {
		found, _ := usesOf(p.Pointer)
		for _, u := range found {
			r.judge(p, u)
		}
	}
	r.commands()
	slices.SortStableFunc(r.found, func(a, b config.Problem) int { return cmp.Compare(a.Pointer, b.Pointer) })
	return r.found
}

// Hides says which files a unit does not see.
func (c Checker) Hides(unit string) func(file string) bool {
	v := c.View(unit)
	return func(file string) bool {
		s, _ := v.follow(c.Tree, file)
		return s.hidden != nil
	}
}

// run is one check.
type run struct {
	Checker
	doc   *config.Document
	views map[string]View
	found config.Problems
}

// view reads a unit once.
func (r *run) view(unit string) View {
	v, ok := r.views[unit]
	if !ok {
		v = r.View(unit)
		r.views[unit] = v
	}
	return v
}

// View returns what a unit sees, by its files or, where it is not installed, by those
// of the package. A template stands for any of its instances.
func (c Checker) View(unit string) View {
	instance := unit
	if unit == workers {
		instance = units.Worker(1)
	}
	settings, ok := c.Units.Settings(instance)
	if !ok {
		if u, err := packaging.Unit(instance); err == nil {
			for _, o := range u.Options {
				settings = append(settings, unitdir.Setting{Section: o.Section, Name: o.Name, Value: o.Value})
			}
		}
	}
	return Of(unit, settings)
}

// judge notes what is wrong with one use of a path.
func (r *run) judge(p access.Path, u use) {
	v, file, writes := r.view(u.unit), p.Path, false
	switch u.way {
	case write:
		if u.unit == units.CacheGC && r.is("/cache/garbage-collector/enable", "false") {
			return
		}
		writes = true
	case replace:
		if r.is(path.Dir(p.Pointer)+"/read-only", "true") {
			return
		}
		file, writes = path.Dir(file), true
	case bind:
		if r.passed(file) {
			return
		}
		file, writes = path.Dir(file), true
	case watch:
		if r.is(path.Dir(p.Pointer)+"/watchdog", "false") {
			return
		}
	}
	s, at := v.follow(r.Tree, file)
	note := finding{view: v, state: s, named: file, at: at, need: p.Need, writes: writes, way: u.way, alone: r.Alone}
	if u.way == replace && s.hidden != nil {
		return // told of the file itself
	}
	problem, wrong := note.problem()
	if !wrong {
		return
	}
	problem.Pointer = p.Pointer
	if u.way == write && s.hidden == nil && r.Opens != nil && r.Opens(p.Path) {
		if r.Candidate {
			problem.Severity = config.SeverityWarning
		}
		problem.Hint = "once the file says so, systemctl daemon-reload has kresd-generator open it; without the file, " + problem.Hint
	}
	r.found = append(r.found, problem)
}

// commands looks at the programs of components, and at arguments that are paths.
func (r *run) commands() {
	var all map[string]struct {
		Command []any `json:"command"`
	}
	if text, err := r.doc.Value("/components"); err != nil || json.Unmarshal(text, &all) != nil {
		return
	}
	for name, c := range all {
		v := r.view(units.Component{Name: name}.Unit())
		for i, word := range c.Command {
			file, ok := word.(string)
			if _, value, is := strings.Cut(file, "="); ok && i > 0 && is {
				file = value
			}
			if !path.IsAbs(file) {
				continue
			}
			s, at := v.follow(r.Tree, file)
			need := program
			if i > 0 {
				need = argument
			}
			if p, wrong := (finding{view: v, state: s, named: file, at: at, need: need}).problem(); wrong {
				p.Pointer = fmt.Sprintf("/components/%s/command/%d", name, i)
				if i > 0 {
					p.Severity = config.SeverityWarning // it may be anything
				}
				r.found = append(r.found, p)
			}
		}
	}
}

// is reports whether a value is there and is this.
func (r *run) is(pointer, value string) bool {
	text, err := r.doc.Value(pointer)
	return err == nil && string(text) == value
}

// passed reports whether systemd makes the socket and passes it on.
func (r *run) passed(file string) bool {
	settings, ok := r.Units.Settings(units.Socket)
	if !ok {
		if u, err := packaging.Unit(units.Socket); err == nil {
			for _, o := range u.Options {
				settings = append(settings, unitdir.Setting{Section: o.Section, Name: o.Name, Value: o.Value})
			}
		}
	}
	passed := false
	for _, s := range settings {
		if s.Section == "Socket" && s.Name == "ListenStream" {
			passed = s.Value != "" && (passed || s.Value == file)
		}
	}
	return passed
}
