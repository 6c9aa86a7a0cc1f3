// SPDX-License-Identifier: Apache-2.0

package config

import "strconv"

// Beyond these bounds problems are only counted: nobody reads that many, and a
// hostile text could make each of them as long as itself.
const (
	maxProblems     = 10_000
	maxPointerBytes = 16 << 20 // of all pointers together
)

// findings collects the problems of one run.
type findings struct {
	problems Problems
	bytes    int
	dropped  int
}

// pointed is anything with a pointer, which is only asked for if needed.
type pointed interface{ pointer() string }

// tokens is a path as splitPointer gives it.
type tokens []string

func (t tokens) pointer() string { return joinPointer(t) }

// full says that nothing more will be kept.
func (f *findings) full() bool {
	return len(f.problems) >= maxProblems || f.bytes > maxPointerBytes
}

// add notes a problem; an unknown position is the zero value. It gives the
// problem, nil if it was only counted.
func (f *findings) add(at pointed, pos position, severity, message, hint string) *Problem {
	if f.full() {
		f.dropped++
		return nil
	}
	p := Problem{
		Line: int(pos.line), Column: int(pos.column), Pointer: at.pointer(),
		Message: message, Hint: hint, Severity: severity,
	}
	f.bytes += len(p.Pointer)
	f.problems = append(f.problems, p)
	return &f.problems[len(f.problems)-1]
}

// in gives all problems, sorted; those that name no file are of this one.
func (f *findings) in(file string) Problems {
	if f.dropped > 0 {
		f.problems = append(f.problems, Problem{
			Severity: SeverityError, Message: "and " + strconv.Itoa(f.dropped) + " more problems",
		})
		f.dropped = 0
	}
	for i := range f.problems {
		if f.problems[i].File == "" {
			f.problems[i].File = file
		}
	}
	f.problems.sort()
	return f.problems
}
