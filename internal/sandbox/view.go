// SPDX-License-Identifier: Apache-2.0

// Package sandbox says what the units of Knot Resolver see of the file system:
// which paths of a configuration their sandboxes hide or keep from being written, by
// which directive, and the drop-in that opens them. It goes by unit files and
// drop-ins as they are, those of the administrator included.
//
// What owners and modes say is left to package access.
package sandbox

import (
	"path"
	"slices"
	"strings"

	"kresd-manager/internal/unitdir"
)

// View is what the processes of a unit see. It is never changed.
type View struct {
	Unit  string
	rules []rule // by path; of the same path the one that counts first
	blind bool   // another root, of which nothing is known
}

// effect is what a directive makes of a path and all below it, in the order in
// which one wins over another at the same path, as in systemd.
type effect uint8

const (
	inaccessible effect = iota // whatever is below
	bound
	boundReadOnly
	emptied // something else is there, and what is below can be bound into it
	readOnly
	writable
)

// rule is one directive about one path.
type rule struct {
	path   string
	effect effect
	by     string // the directive, as Name=value
	file   string // that says so, "" for our own units
}

// Of makes the view of a unit from its settings, in the order in which they count
// (systemd.exec(5), "Sandboxing" and "Paths").
func Of(unit string, settings []unitdir.Setting) View {
	v := View{Unit: unit}
	lists := map[string][]unitdir.Setting{}
	words := map[string]unitdir.Setting{}
	for _, s := range settings {
		switch {
		case s.Section != "Service" && s.Section != "Socket":
		case listed[s.Name]:
			if s.Value == "" {
				lists[s.Name] = nil
			} else {
				lists[s.Name] = append(lists[s.Name], s)
			}
		default:
			words[s.Name] = s
		}
	}
	add := func(e effect, s unitdir.Setting, paths ...string) {
		for _, p := range paths {
			v.rules = append(v.rules, rule{p, e, s.Name + "=" + s.Value, s.File})
		}
	}
	v.blind = words["RootDirectory"].Value != "" || words["RootImage"].Value != ""
	system := words["ProtectSystem"]
	switch system.Value {
	case "strict":
		add(readOnly, system, "/")
		add(writable, system, "/dev", "/proc", "/sys")
	case "full":
		add(readOnly, system, "/usr", "/boot", "/efi", "/etc")
	default:
		if yes(system.Value) {
			add(readOnly, system, "/usr", "/boot", "/efi")
		}
	}
	homes := []string{"/home", "/root", "/run/user"}
	switch home := words["ProtectHome"]; {
	case yes(home.Value):
		add(inaccessible, home, homes...)
	case home.Value == "tmpfs":
		add(emptied, home, homes...)
	case home.Value == "read-only":
		add(readOnly, home, homes...)
	}
	if s := words["PrivateTmp"]; yes(s.Value) || s.Value == "disconnected" {
		add(emptied, s, "/tmp", "/var/tmp")
	}
	if s := words["PrivateDevices"]; yes(s.Value) {
		add(emptied, s, "/dev")
		for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty", "shm", "pts", "log", "stdin", "stdout", "stderr", "fd"} {
			add(bound, s, "/dev/"+name)
		}
	}
	for name, effect := range map[string]effect{
		"InaccessiblePaths": inaccessible, "TemporaryFileSystem": emptied, "ReadOnlyPaths": readOnly, "ReadWritePaths": writable,
		"BindPaths": bound, "BindReadOnlyPaths": boundReadOnly,
	} {
		for _, s := range lists[name] {
			for _, word := range strings.Fields(s.Value) {
				add(effect, unitdir.Setting{Name: name, Value: word, File: s.File}, target(name, word))
			}
		}
	}
	for name, dir := range directories {
		for _, s := range lists[name] {
			for _, word := range strings.Fields(s.Value) {
				word, _, _ = strings.Cut(word, ":")
				add(writable, s, path.Join(dir, word))
			}
		}
	}
	slices.SortStableFunc(v.rules, func(a, b rule) int { return int(a.effect) - int(b.effect) })
	return v
}

// directories are made for a unit, and may be written by it.
var directories = map[string]string{
	"StateDirectory": "/var/lib", "RuntimeDirectory": "/run", "CacheDirectory": "/var/cache", "LogsDirectory": "/var/log",
}

// listed are the directives whose assignments add up, until an empty one.
var listed = map[string]bool{
	"InaccessiblePaths": true, "TemporaryFileSystem": true, "ReadOnlyPaths": true, "ReadWritePaths": true, "BindPaths": true,
	"BindReadOnlyPaths": true, "StateDirectory": true, "RuntimeDirectory": true, "CacheDirectory": true, "LogsDirectory": true,
}

// target is the path inside that a word of a directive is about.
func target(directive, word string) string {
	word = strings.ReplaceAll(strings.TrimLeft(word, "-+"), "%%", "%")
	source, rest, more := strings.Cut(word, ":")
	if more && strings.HasPrefix(directive, "Bind") {
		source, _, _ = strings.Cut(rest, ":")
	}
	return path.Clean("/" + source)
}

// yes reads a boolean (systemd.syntax(7)).
func yes(word string) bool {
	return slices.Contains([]string{"1", "yes", "y", "true", "t", "on"}, strings.ToLower(word))
}

// state is what becomes of one path.
type state struct {
	hidden  *rule // by what, nil if it is seen
	guarded *rule // what keeps it from being written, nil if nothing does
	bound   bool  // a directory above is another one than outside
}

// at judges a path that is absolute, clean and without symbolic links.
func (v View) at(file string) state {
	var s state
	if v.blind {
		return s
	}
	for _, dir := range above(file) {
		for i := range v.rules {
			r := &v.rules[i]
			if r.path != dir {
				continue
			}
			switch r.effect {
			case inaccessible:
				return state{hidden: r}
			case bound:
				s = state{bound: true}
			case boundReadOnly:
				s = state{bound: true, guarded: r}
			case emptied:
				s = state{hidden: r}
			case readOnly:
				s.guarded = r
			case writable:
				s.guarded = nil
			}
			break // what else is said of this path does not count
		}
	}
	return s
}

// above lists a path and all directories above it, the highest first.
func above(file string) []string {
	all := []string{file}
	for file != "/" {
		file = path.Dir(file)
		all = append(all, file)
	}
	slices.Reverse(all)
	return all
}
