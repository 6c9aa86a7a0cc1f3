// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// InputUse is who reads a file that the configuration names, and when.
type InputUse string

// Uses. The set is closed.
const (
	// UseRenew is what workers read when they start and when they are told to.
	UseRenew InputUse = "renew"
	// UseStart is what workers read when they start, and never again.
	UseStart InputUse = "start"
	// UseRules is what the policy-loader reads at each run.
	UseRules InputUse = "rules"
)

// Input is a file that the configuration names, and that a component reads.
type Input struct {
	Pointer string // of the key that names it
	Path    string
	// Kind is what it is, for people: "certificate", "zone", "hosts file", …
	Kind string
	Use  InputUse
	// Watched means that the configuration wants a change to be taken over by itself.
	Watched bool
}

// Content is what a file holds, as far as this process can tell.
type Content struct {
	// ID names the content: two that are equal are the same. "" is not known,
	// Absent is that there is no file.
	ID string
	// Note is what people know the content by, as "CN=dns.example, until
	// 2027-02-01"; "" if there is no such thing.
	Note string
	// Expires is when the certificate in it does, in seconds since 1970; 0 without one.
	Expires int64
	// Modified is when it was written to last; zero is unknown.
	Modified time.Time
	// Hidden says why it is not known, though there may be a file; else "".
	Hidden string
}

// Content IDs that name no content.
const (
	Absent  = "absent"
	Another = "another" // something else than is there now
)

// Reading is which files a plan has components read again because their content
// is another one than what the running process has read.
type Reading int

// Readings.
const (
	ReadNone    Reading = iota // a change that is about something else
	ReadWatched                // no one asked
	ReadAll
	// ReadHidden is ReadAll with those files of which no one can know whether they
	// have changed, unless that would restart workers.
	ReadHidden
)

// Name is the input in the words of reports.
func (in Input) Name(c Content) string {
	if c.Hidden != "" {
		return fmt.Sprintf("%s %s (which kresd-manager cannot see)", in.Kind, in.Path)
	}
	if c.Note != "" {
		return fmt.Sprintf("%s %s (%s)", in.Kind, in.Path, c.Note)
	}
	return in.Kind + " " + in.Path
}

// Stale returns the inputs of one use whose content is another one than the
// process of a unit has read; a file that is not there any more is none. With
// hidden it returns those, too, of which no one can know.
func (l Live) Stale(unit string, use InputUse, inputs []Input, hidden bool) []Input {
	var stale []Input
	for _, in := range inputs {
		if in.Use != use {
			continue
		}
		now, ok := l.Contents[in.Path]
		read, known := l.Read[unit][in.Path]
		switch {
		case !ok:
		case now.Hidden != "" && now.ID == "":
			if hidden {
				stale = append(stale, in)
			}
		case known && read != "" && now.ID != "" && now.ID != Absent && now.ID != read:
			stale = append(stale, in)
		}
	}
	return stale
}

// stale is Live.Stale for what this plan reads again.
func (d *differ) stale(unit string, use InputUse) []Input {
	if d.opt.Reading == ReadNone {
		return nil
	}
	return slices.DeleteFunc(d.live.Stale(unit, use, d.want.Inputs, d.opt.Reading == ReadHidden && use != UseStart), func(in Input) bool {
		// What was refused once is not tried again before someone asks or the file changes.
		refused := d.opt.Patient && d.live.Refused[unit][in.Path] == d.live.Contents[in.Path].ID
		// What could not be loaded is taken over as soon as it is another one.
		return d.opt.Reading == ReadWatched && !in.Watched && !d.live.degraded(in) || refused
	})
}

// names are the inputs in words, a certificate in place of its key.
func (d *differ) names(inputs []Input) []string {
	var names []string
	certificate := slices.ContainsFunc(inputs, func(in Input) bool { return in.Kind == KindCertificate })
	for _, in := range inputs {
		if name := in.Name(d.live.Contents[in.Path]); (in.Kind != KindKey || !certificate) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Kinds of inputs that are told from others.
const (
	KindCertificate = "certificate"
	KindKey         = "key"
)

// maxNames is how many files a cause names.
const maxNames = 3

// because is the cause of a step that takes these inputs over.
func (d *differ) because(inputs []Input) string {
	names := d.names(inputs)
	did := "changed"
	if !slices.ContainsFunc(inputs, func(in Input) bool { return !d.live.degraded(in) }) {
		did = "could not be loaded: trying again"
	} else if slices.ContainsFunc(inputs, func(in Input) bool { return d.live.Contents[in.Path].Hidden != "" }) {
		did = "may have changed"
	}
	if n := len(names); n > maxNames {
		return fmt.Sprintf("%s and %d more %s", strings.Join(names[:maxNames], ", "), n-maxNames, did)
	}
	return strings.Join(names, ", ") + " " + did
}

// input notes which files a step takes over.
func (d *differ) input(n int, inputs []Input) int {
	d.plan.Steps[n-1].Inputs = d.names(inputs)
	return n
}

// Taken says in words which files a plan takes over, a line for each: "renewed
// certificate cert.pem (CN=dns.example, until 2027-02-01) in 4 workers".
func (p Plan) Taken() []string {
	type key struct {
		kind Kind
		name string
	}
	count := map[key]int{}
	var order []key
	for _, s := range p.Steps {
		if s.Kind == Try {
			continue
		}
		for _, name := range s.Inputs {
			k := key{s.Kind, name}
			if count[k]++; count[k] == 1 {
				order = append(order, k)
			}
		}
	}
	var lines []string
	for _, k := range order {
		workers := fmt.Sprintf("%d workers", count[k])
		if count[k] == 1 {
			workers = "1 worker"
		}
		switch k.kind {
		case Renew:
			lines = append(lines, fmt.Sprintf("renewed %s in %s", k.name, workers))
		case Load:
			lines = append(lines, "loaded "+k.name)
		default:
			lines = append(lines, fmt.Sprintf("restarted %s for %s", workers, k.name))
		}
	}
	return lines
}
