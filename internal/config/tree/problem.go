// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"cmp"
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
	sorted := ps.Sorted()
	lines := make([]string, len(sorted))
	for i, p := range sorted {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Sorted is the problems ordered as by [Problems.Sort]; ps stays as it is.
func (ps Problems) Sorted() Problems {
	sorted := slices.Clone(ps)
	sorted.Sort()
	return sorted
}

// Sort orders by file and position. Problems without a position come last, and
// among them those about the whole.
func (ps Problems) Sort() {
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
