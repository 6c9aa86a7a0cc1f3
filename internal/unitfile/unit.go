// SPDX-License-Identifier: Apache-2.0

// Package unitfile reads the text of our unit files and gives the same units as
// properties, for service managers that are asked over D-Bus for transient ones.
// Where the files are is left to packages packaging and internal/installed, what
// is started of them to units, and talking to systemd to dbusctl.
//
// Everything here is a value: no goroutine, no lock, no input or output.
package unitfile

import (
	"fmt"
	"slices"
	"strings"
)

// Unit is what is in a unit file, drop-ins included. Text gives it as a file,
// Properties as what StartTransientUnit takes; both make the same unit. It is a
// value: the methods that change it return another one.
type Unit struct {
	Name string
	// Options are in the order of the file, with those of a section together.
	Options []Option
}

// Option is one assignment of a unit file.
type Option struct{ Section, Name, Value string }

// Parse reads the text of a unit file and its drop-ins, in the order in
// which systemd reads them. It knows what our own files use: no continued
// lines.
func Parse(name string, texts ...string) (Unit, error) {
	u := Unit{Name: name}
	var sections []string
	for _, text := range texts {
		section := ""
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || line[0] == '#' || line[0] == ';':
				continue
			case line[0] == '[' && strings.HasSuffix(line, "]"):
				section = line[1 : len(line)-1]
				if !slices.Contains(sections, section) {
					sections = append(sections, section)
				}
				continue
			}
			key, value, ok := strings.Cut(line, "=")
			if !ok || section == "" || strings.HasSuffix(line, `\`) {
				return Unit{}, fmt.Errorf("cannot read the unit file of %s: %q is no assignment in a section", name, line)
			}
			u.Options = append(u.Options, Option{section, strings.TrimSpace(key), strings.TrimSpace(value)})
		}
	}
	slices.SortStableFunc(u.Options, func(a, b Option) int {
		return slices.Index(sections, a.Section) - slices.Index(sections, b.Section)
	})
	return u, nil
}

// Text is the unit file.
func (u Unit) Text() string {
	var b strings.Builder
	section := ""
	for _, o := range u.Options {
		if o.Section != section {
			if section != "" {
				b.WriteByte('\n')
			}
			section = o.Section
			b.WriteString("[" + section + "]\n")
		}
		b.WriteString(o.Name + "=" + o.Value + "\n")
	}
	return b.String()
}

// Without leaves out directives, whatever their section.
func (u Unit) Without(names ...string) Unit {
	u.Options = slices.DeleteFunc(slices.Clone(u.Options), func(o Option) bool { return slices.Contains(names, o.Name) })
	return u
}

// WithoutUnits leaves out that this unit wants, follows or belongs to others.
func (u Unit) WithoutUnits(names ...string) Unit {
	var kept []Option
	for _, o := range u.Options {
		if dependencies[o.Name] {
			words := slices.DeleteFunc(strings.Fields(o.Value), func(w string) bool { return slices.Contains(names, w) })
			if len(words) == 0 {
				continue
			}
			o.Value = strings.Join(words, " ")
		}
		kept = append(kept, o)
	}
	u.Options = kept
	return u
}

// dependencies are the directives that name other units and that our files use.
var dependencies = map[string]bool{"Wants": true, "After": true, "Before": true, "PartOf": true, "Conflicts": true}

// With sets a directive of a section, in place of all its assignments.
func (u Unit) With(section, name, value string) Unit {
	var kept []Option
	at := 0 // behind the section
	for _, o := range u.Options {
		if o.Section == section && o.Name == name {
			continue
		}
		kept = append(kept, o)
		if o.Section == section {
			at = len(kept)
		}
	}
	u.Options = slices.Insert(kept, at, Option{section, name, value})
	return u
}

// Substitute replaces texts in all values, given as old and new in turns; where
// several fit, the first counts.
func (u Unit) Substitute(oldnew ...string) Unit {
	r := strings.NewReplacer(oldnew...)
	u.Options = slices.Clone(u.Options)
	for i := range u.Options {
		u.Options[i].Value = r.Replace(u.Options[i].Value)
	}
	return u
}

// expand replaces the specifiers that our files use (systemd.unit(5)).
func (u Unit) expand(value string) (string, error) {
	name, instance := u.Name, ""
	if at, dot := strings.IndexByte(name, '@'), strings.LastIndexByte(name, '.'); at >= 0 && dot > at {
		instance = name[at+1 : dot]
	}
	rest := strings.NewReplacer("%%", "", "%i", "", "%n", "").Replace(value)
	if strings.Contains(rest, "%") {
		return "", fmt.Errorf("a specifier in %q is not known", value)
	}
	return strings.NewReplacer("%%", "%", "%i", instance, "%n", name).Replace(value), nil
}
