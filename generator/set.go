// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"strings"

	"kresd-manager/units"
)

// Set is what starts at boot.
type Set struct {
	// Workers is the number of workers, at least 1.
	Workers int
	// FirstAlone has the first worker start before the others.
	FirstAlone bool
	// GC says whether the cache garbage collector runs.
	GC         bool
	Components []Component
	Limits     units.Limits
	// Slice and Restart are "" if the unit files say.
	Slice, Restart string
	// CacheDir is the directory of the cache, "" if it is the usual one.
	CacheDir string
}

// Component is a further process.
type Component struct {
	Name     string
	Priority int
}

// maxComponents bounds how much the reading side can ask of the writing side.
const maxComponents = 1000

// usualCache needs no drop-in: the units are installed for it.
const usualCache = "/var/cache/knot-resolver"

// The state of the configuration file.
const (
	Absent = "absent" // nothing is to start
	Good   = "good"
	Bad    = "bad"
)

// Findings is what [Read] has found.
type Findings struct {
	// Config is one of the constants, "" as long as it is not known.
	Config string
	// Reason says what is wrong with a bad configuration: printable ASCII.
	Reason string
	// Kept is what the last good generation wants, nil if none is there.
	Kept *Set
	// Lost says why a generation that is there does not count: printable ASCII.
	Lost string
	// Wanted is what a good configuration wants.
	Wanted *Set
	// Pending says that the place of generations will be mounted later.
	Pending bool
}

// Decision is what to start, and why it is not what the file says.
type Decision struct {
	// Set is nil if nothing starts.
	Set *Set
	// Guarded has units start only if there is a generation by then.
	Guarded bool
	// Failure is a reason for a unit that fails, "" for none.
	Failure string
	// Lost says why the last good generation does not start, "" if it does or if
	// there is none: kresd-manager makes the start.
	Lost string
}

// Decide makes the rules: what workers read at boot is the last good generation,
// so it says how many there are. The configuration counts where no generation
// can be seen yet, and for what needs no generation, the limits. Where there
// has never been a generation there is nothing that workers could read, and the
// manager does the first start.
func (f Findings) Decide() Decision {
	var d Decision
	switch f.Config {
	case Absent:
		return d
	case Good:
	default:
		d.Failure = f.Reason
		if d.Failure == "" {
			d.Failure = "the configuration could not be read in time"
		}
	}
	d.Lost = f.Lost
	switch {
	case f.Kept != nil:
		set := *f.Kept
		if f.Wanted != nil {
			set.Limits, set.Slice, set.Restart = f.Wanted.Limits, f.Wanted.Slice, f.Wanted.Restart
			set.CacheDir = f.Wanted.CacheDir
		}
		d.Set = &set
	case f.Pending:
		d.Guarded = true
		d.Set = f.Wanted
		if d.Set == nil {
			d.Set = &Set{Workers: 1, GC: true}
		}
	}
	return d
}

// Printable replaces what is not printable ASCII, or means something in a unit
// file, and cuts what is too long.
func Printable(s string) string {
	const most = 400
	var b strings.Builder
	for _, c := range s {
		if b.Len() >= most {
			b.WriteString("...")
			break
		}
		switch {
		case c == '"' || c == '`':
			b.WriteByte('\'')
		case c == '\t' || c == '\n' || c == '\r':
			b.WriteByte(' ')
		case c < ' ' || c > '~', c == '%', c == '$', c == '\\':
			b.WriteByte('?')
		default:
			b.WriteRune(c)
		}
	}
	return strings.TrimSpace(b.String())
}
