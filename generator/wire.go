// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/units"
)

// What the reading side found crosses to the writing side one fact a line, in
// this order:
//
//	kept                        what follows is of the generation
//	lost TEXT
//	pending
//	config good|absent|bad
//	reason TEXT
//	wanted                      what follows is of the configuration
//	end
//
// with these lines after "kept" and "wanted":
//
//	workers NUMBER
//	first-alone
//	gc
//	component NAME PRIORITY
//	cache-dir PATH
//	memory-max NUMBER           and the other keys of units.LimitProperties
//	slice NAME
//	restart WORD

// MaxWire is how many bytes of findings are read.
const MaxWire = 1 << 20

// Encode writes what [Decode] reads. It is in two parts, so that what the
// generation says is not lost if reading the configuration does not end.
func (f Findings) Encode() string {
	var b strings.Builder
	f.Kept.encode(&b, "kept")
	if f.Lost != "" {
		fmt.Fprintf(&b, "lost %s\n", Printable(f.Lost))
	}
	if f.Pending {
		b.WriteString("pending\n")
	}
	if f.Config == "" {
		return b.String()
	}
	fmt.Fprintf(&b, "config %s\n", f.Config)
	if f.Reason != "" {
		fmt.Fprintf(&b, "reason %s\n", Printable(f.Reason))
	}
	f.Wanted.encode(&b, "wanted")
	b.WriteString("end\n")
	return b.String()
}

// encode leaves out what the other side would not take.
func (s *Set) encode(b *strings.Builder, head string) {
	if s == nil {
		return
	}
	b.WriteString(head + "\n")
	say := func(word, value string) {
		if new(Set).fact(word, value) {
			b.WriteString(strings.TrimSuffix(word+" "+value, " ") + "\n")
		}
	}
	say("workers", strconv.Itoa(s.Workers))
	if s.FirstAlone {
		say("first-alone", "")
	}
	if s.GC {
		say("gc", "")
	}
	for _, c := range s.Components[:min(len(s.Components), maxComponents)] {
		say("component", c.Name+" "+strconv.Itoa(c.Priority))
	}
	say("cache-dir", s.CacheDir)
	for _, p := range units.LimitProperties {
		say(p.Key, strconv.FormatUint(*p.Of(&s.Limits), 10))
	}
	say("slice", s.Slice)
	say("restart", s.Restart)
}

// Decode reads findings, and trusts nothing in them. A line it does not like
// ends the reading with an error; what came before, if it was whole, counts.
func Decode(text string) (Findings, error) {
	var f Findings
	var set *Set
	for text != "" {
		line, rest, whole := strings.Cut(text, "\n")
		if !whole {
			return f.whole(), errors.New("findings end in the middle of a line")
		}
		text = rest
		word, value, _ := strings.Cut(line, " ")
		switch line {
		case "end":
			if text != "" || f.Config == "" {
				return f.whole(), errors.New("findings do not end where they should")
			}
			return f.whole(), nil
		case "pending":
			f.Pending = true
			continue
		case "kept", "wanted":
			set = new(Set)
			if line == "kept" {
				f.Kept = set
			} else {
				f.Wanted = set
			}
			continue
		}
		if err := f.fact(set, word, value); err != nil {
			f.drop(set)
			return f.whole(), err
		}
	}
	if f.Config != "" { // it was about to say more
		f.Wanted, f.Config = nil, ""
	}
	return f.whole(), errors.New("findings end before the configuration was read")
}

// whole leaves out a set that does not say the least it must.
func (f Findings) whole() Findings {
	for _, s := range []**Set{&f.Kept, &f.Wanted} {
		if *s != nil && (*s).Workers == 0 {
			*s = nil
		}
	}
	return f
}

func (f *Findings) drop(set *Set) {
	if f.Kept == set {
		f.Kept = nil
	}
	if f.Wanted == set {
		f.Wanted = nil
	}
}

// fact takes one line into the findings.
func (f *Findings) fact(set *Set, word, value string) error {
	switch word {
	case "config":
		if value != Good && value != Bad && value != Absent {
			return fmt.Errorf("findings have a configuration that is %q", Printable(value))
		}
		f.Config = value
		return nil
	case "lost":
		f.Lost = Printable(value)
		return nil
	case "reason":
		f.Reason = Printable(value)
		return nil
	}
	if set == nil || !set.fact(word, value) {
		return fmt.Errorf("findings have a line that is not known: %q", Printable(word+" "+value))
	}
	return nil
}

// fact takes one line into a set, and reports whether it is of a known form.
func (s *Set) fact(word, value string) (ok bool) {
	switch word {
	case "workers":
		s.Workers, ok = number(value, 1, units.MaxWorkers)
	case "first-alone":
		s.FirstAlone, ok = true, value == ""
	case "gc":
		s.GC, ok = true, value == ""
	case "component":
		var c Component
		name, priority, _ := strings.Cut(value, " ")
		if c.Priority, ok = number(priority, -1<<31, 1<<31-1); !ok || !isName(name) || len(s.Components) >= maxComponents {
			return false
		}
		c.Name = name
		s.Components = append(s.Components, c)
	case "cache-dir":
		s.CacheDir, ok = value, isPath(value)
	case "slice":
		s.Slice, ok = value, isSlice(value)
	case "restart":
		s.Restart, ok = value, slices.Contains([]string{"always", "on-failure", "no"}, value)
	default:
		for _, p := range units.LimitProperties {
			if p.Key != word {
				continue
			}
			most := 1 << 62
			if strings.HasSuffix(word, "-weight") {
				most = 10000
			}
			var n int
			n, ok = number(value, 1, most)
			*p.Of(&s.Limits) = uint64(n)
		}
	}
	return ok
}

// number reads an integer in the one form that it is written in.
func number(text string, least, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && strconv.Itoa(n) == text && n >= least && n <= most
}

// isName knows names of components: lower-case letters, digits and inner "-".
func isName(s string) bool {
	return s != "" && len(s) <= 64 && s[0] != '-' && s[len(s)-1] != '-' &&
		only(s, "-") && strings.ToLower(s) == s
}

// isSlice knows names of slices, without escapes, systemd.slice(5).
func isSlice(s string) bool {
	name, ok := strings.CutSuffix(s, ".slice")
	return ok && len(s) <= 255 && name != "" && only(name, "-_.:") && name[0] != '-' && name[len(name)-1] != '-' && !strings.Contains(name, "--")
}

// isPath knows absolute paths in normal form, without characters that systemd
// or a shell would look at twice.
func isPath(s string) bool {
	if len(s) < 2 || len(s) > 1024 || s[0] != '/' || !only(s, "/_.-+") {
		return false
	}
	for part := range strings.SplitSeq(s[1:], "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// only reports whether s has nothing but ASCII letters, digits and some others.
func only(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
