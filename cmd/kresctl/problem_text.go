// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"kresd-manager/internal/config"
	"kresd-manager/internal/visible"
)

// quote is how a problem is shown on a terminal: its line, with place and
// severity in styles of their own, and below it the line of the file with a caret.
func quote(p config.Problem, text []byte) []visible.Span {
	severity := visible.Span{Text: "error: ", Style: visible.Red}
	if p.Severity == config.SeverityWarning {
		severity = visible.Span{Text: "warning: ", Style: visible.Yellow}
	}
	what := p
	what.Severity = "" // written here, for errors too
	what.File, what.Line, what.Column, what.Pointer = "", 0, 0, ""
	all, message := p, what.String()
	all.Severity = ""
	before := strings.TrimSuffix(all.String(), message)
	var spans []visible.Span
	if place := fmt.Sprintf("%s:%d:%d:", p.File, p.Line, p.Column); strings.HasPrefix(before, place) {
		spans, before = append(spans, visible.Span{Text: visible.Line(place), Style: visible.Bold}), before[len(place):]
	}
	spans = append(spans, visible.Span{Text: visible.Line(before)}, severity, visible.Span{Text: visible.Line(message) + "\n"})
	if excerpt := excerpt(text, p.Line, p.Column); excerpt != "" {
		spans = append(spans, visible.Span{Text: excerpt + "\n"})
	}
	return spans
}

// What is shown of a long line: at most this many characters before and after
// the place.
const (
	shownBefore = 50
	shownAfter  = 50
)

// excerpt is a line of a text and a caret below a column, both counted from 1,
// columns in characters; "" if there is no such place.
func excerpt(text []byte, line, column int) string {
	if line < 1 || column < 1 {
		return ""
	}
	s := string(text)
	for range line - 1 {
		var found bool
		if _, s, found = strings.Cut(s, "\n"); !found {
			return ""
		}
	}
	s, _, _ = strings.Cut(s, "\n")
	s = strings.TrimRight(strings.TrimPrefix(s, "\uFEFF"), "\r")
	if column > utf8.RuneCountInString(s)+1 {
		return ""
	}
	chars := []rune(s)
	from, to := max(0, column-1-shownBefore), min(len(chars), column+shownAfter)
	var shown, pad strings.Builder
	if from > 0 {
		shown.WriteString("…")
		pad.WriteByte(' ')
	}
	for i, c := range chars[from:to] {
		s, blank := "\t", "\t"
		if c != '\t' {
			s = visible.Line(string(c))
			blank = strings.Repeat(" ", utf8.RuneCountInString(s)) // as wide as above
		}
		shown.WriteString(s)
		if from+i < column-1 {
			pad.WriteString(blank)
		}
	}
	if to < len(chars) {
		shown.WriteString("…")
	}
	return fmt.Sprintf("%6d | %s\n       | %s^", line, shown.String(), pad.String())
}

// count says how many problems there are, as in "2 errors, 1 warning".
func count(problems config.Problems) string {
	errors, warnings := 0, 0
	for _, p := range problems {
		if p.Severity == config.SeverityWarning {
			warnings++
		} else {
			errors++
		}
	}
	var parts []string
	for _, n := range []struct {
		n    int
		word string
	}{{errors, "error"}, {warnings, "warning"}} {
		switch n.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+n.word)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n.n, n.word))
		}
	}
	return strings.Join(parts, ", ")
}
