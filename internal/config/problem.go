// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Severities of a [Problem].
const (
	SeverityError   = "error"   // the configuration is refused
	SeverityWarning = "warning" // accepted, probably not what was meant
)

// Problem is one finding about a configuration.
type Problem struct {
	File     string `json:"file,omitempty"`     // name given to Parse
	Line     int    `json:"line,omitempty"`     // from 1; 0 is unknown
	Column   int    `json:"column,omitempty"`   // in characters, from 1; 0 is unknown
	Pointer  string `json:"pointer"`            // RFC 6901
	Message  string `json:"message"`            // what is wrong
	Hint     string `json:"hint,omitempty"`     // what would be right
	Severity string `json:"severity,omitempty"` // one of the Severity constants
	// Idle marks a warning about a value that the program does not act on.
	Idle bool `json:"idle,omitempty"`
}

// String is the problem on one line:
//
//	file:line:column: /pointer: message; hint
//
// Parts that are not known are left out.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" && p.Line > 0 {
		b.WriteString(p.File)
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(p.Line))
		if p.Column > 0 {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(p.Column))
		}
		b.WriteString(": ")
	} else if p.File != "" && p.Pointer == "" {
		b.WriteString(p.File)
		b.WriteString(": ")
	}
	if p.Pointer != "" {
		b.WriteString(p.Pointer)
		b.WriteString(": ")
	}
	if p.Severity == SeverityWarning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("; ")
		b.WriteString(p.Hint)
	}
	return b.String()
}

// Problems is everything found in one run, as an error.
type Problems []Problem

// Error is one line for each problem, sorted by position.
func (ps Problems) Error() string {
	sorted := slices.Clone(ps)
	sorted.sort()
	lines := make([]string, len(sorted))
	for i, p := range sorted {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sort orders by file and position. Problems without a position come last, and
// among them those about the whole.
func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(uint(a.Line)-1, uint(b.Line)-1), // 0 becomes the largest
			cmp.Compare(a.Column, b.Column),
			compareBool(a.Pointer == "", b.Pointer == ""),
			cmp.Compare(a.Pointer, b.Pointer),
		)
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// Errors is the problems of severity error, as an error; nil if there is none.
func (ps Problems) Errors() error {
	errs := slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool {
		return p.Severity == SeverityWarning
	})
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// ErrNotFound is in the chain of an error about a pointer that leads nowhere.
var ErrNotFound = errors.New("no such value")

// ErrTestFailed is in the chain of the error of a patch whose test operation
// (RFC 6902 section 4.6) did not hold.
var ErrTestFailed = errors.New("test failed")

// PointerError is a pointer that is malformed (RFC 6901 section 3) or that
// does not fit the document: a name in a list, anything below a scalar.
type PointerError struct {
	Pointer string
	Message string
}

func (e *PointerError) Error() string {
	return strconv.Quote(e.Pointer) + ": " + e.Message
}
