// SPDX-License-Identifier: Apache-2.0

package unitdir

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"kresd-manager/internal/unitfile"
)

// Setting is one assignment in a unit file or drop-in.
type Setting struct {
	Section, Name, Value string
	File                 string // that it is in
}

// Settings returns what a unit's file and drop-ins say, in the order in which it
// counts: later ones win or add. ok is false if the unit has no file that can be read.
// A drop-in that cannot be read is left out.
func (p Path) Settings(unit string) (all []Setting, ok bool) {
	file, ok := p.Unit(unit)
	if !ok {
		return nil, false
	}
	b, err := os.ReadFile(p.Root + file)
	if err != nil {
		return nil, false
	}
	all = parse(string(b), file)
	for _, file := range p.dropIns(unit) {
		if b, err := os.ReadFile(p.Root + file); err == nil {
			all = append(all, parse(string(b), file)...)
		}
	}
	return all, true
}

// dropIns lists the drop-ins of a unit, sorted by name wherever they are; of those
// with the same name one counts (systemd.unit(5)).
func (p Path) dropIns(unit string) []string {
	of := map[string]string{} // by name
	add := func(dir string) {
		found, _ := filepath.Glob(p.Root + dir + "/*.conf")
		for _, f := range found {
			if name := path.Base(f); of[name] == "" {
				of[name] = path.Join(dir, name)
			}
		}
	}
	for _, dir := range p.Dirs {
		for _, name := range prefixes(unit) {
			add(path.Join(dir, name+".d"))
		}
	}
	for _, dir := range p.Dirs {
		add(path.Join(dir, strings.TrimPrefix(path.Ext(unit), ".")+".d"))
	}
	var files []string
	for _, f := range of {
		if p.look(f) == full {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	return files
}

// prefixes are the names that a unit's drop-ins can be for: its own, that of its
// template, and those cut short at a dash.
func prefixes(unit string) []string {
	all := unitfile.Names(unit)
	kind := path.Ext(unit)
	stem, at, _ := strings.Cut(strings.TrimSuffix(all[len(all)-1], kind), "@")
	if strings.Contains(unit, "@") {
		at = "@" + at
	}
	for {
		i := strings.LastIndexByte(strings.TrimSuffix(stem, "-"), '-')
		if i < 0 {
			return all
		}
		stem = stem[:i+1]
		all = append(all, stem+at+kind)
	}
}

// parse reads assignments; it skips what is none (systemd.syntax(7)).
func parse(text, file string) (all []Setting) {
	section, joined := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && (line[0] == '#' || line[0] == ';') {
			continue // also between lines that are continued
		}
		line = joined + line
		if start, more := strings.CutSuffix(line, `\`); more {
			joined = start + " "
			continue
		}
		joined = ""
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			section = line[1 : len(line)-1]
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok && section != "" {
			all = append(all, Setting{section, strings.TrimSpace(name), strings.TrimSpace(value), file})
		}
	}
	return all
}
