// SPDX-License-Identifier: Apache-2.0

package tree

import "strconv"

// Beyond these bounds problems are only counted: no one reads that many, and a
// hostile text could make each of them as long as itself.
const (
	MaxProblems     = 10_000
	maxPointerBytes = 16 << 20 // of all pointers together
)

// Findings collects the problems of one run.
type Findings struct {
	Problems Problems
	bytes    int
	dropped  int
}

// Pointed is anything with a pointer, which is only asked for if needed.
type Pointed interface{ Pointer() string }

// Tokens is a path as [SplitPointer] gives it.
type Tokens []string

// Pointer is the path as RFC 6901 writes it.
func (t Tokens) Pointer() string { return JoinPointer(t) }

// Full says that nothing more will be kept.
func (f *Findings) Full() bool {
	return len(f.Problems) >= MaxProblems || f.bytes > maxPointerBytes
}

// Add notes a problem; an unknown position is the zero value. It gives the
// problem, nil if it was only counted.
func (f *Findings) Add(at Pointed, pos Position, severity, message, hint string) *Problem {
	if f.Full() {
		f.dropped++
		return nil
	}
	p := Problem{
		Line: int(pos.Line), Column: int(pos.Column), Pointer: at.Pointer(),
		Message: message, Hint: hint, Severity: severity,
	}
	f.bytes += len(p.Pointer)
	f.Problems = append(f.Problems, p)
	return &f.Problems[len(f.Problems)-1]
}

// In gives all problems, sorted; those that name no file are of this one.
func (f *Findings) In(file string) Problems {
	if f.dropped > 0 {
		f.Problems = append(f.Problems, Problem{
			Severity: SeverityError, Message: "and " + strconv.Itoa(f.dropped) + " more problems",
		})
		f.dropped = 0
	}
	for i := range f.Problems {
		if f.Problems[i].File == "" {
			f.Problems[i].File = file
		}
	}
	f.Problems.Sort()
	return f.Problems
}

// AddDuplicates notes every key of an object that stands there twice.
func (f *Findings) AddDuplicates(n *Node, at *Place) {
	n.Duplicates(func(m, first *Member) {
		f.Add(&Place{Up: at, Key: m.Key}, m.KeyAt, SeverityError,
			"the key "+strconv.Quote(Shorten(m.Key))+" is given twice",
			"it stands first in line "+strconv.Itoa(int(first.KeyAt.Line)))
	})
}
