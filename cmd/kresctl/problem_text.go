// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"kresd-manager/internal/config"
)

// SGR sequences of ECMA-48 section 8.3.117.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	normal = "\x1b[0m"
)

// quote is how a problem is shown on a terminal: its line, with the severity
// in colour, and below it the line of the file with a caret.
func quote(p config.Problem, text []byte) string {
	severity, color := "error: ", red
	if p.Severity == config.SeverityWarning {
		severity, color = "warning: ", yellow
	}
	line := p
	line.Severity = "" // written here, for errors too
	line.Message = "\x00" + p.Message
	s := strings.Replace(line.String(), "\x00", color+severity+normal, 1)
	if place := fmt.Sprintf("%s:%d:%d:", p.File, p.Line, p.Column); strings.HasPrefix(s, place) {
		s = bold + place + normal + s[len(place):]
	}
	if excerpt := excerpt(text, p.Line, p.Column); excerpt != "" {
		s += "\n" + excerpt
	}
	return s
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
		if c != '\t' && !unicode.IsPrint(c) {
			c = '\uFFFD' // nothing from a file steers the terminal
		}
		shown.WriteRune(c)
		if from+i < column-1 {
			if c != '\t' { // as wide as above
				c = ' '
			}
			pad.WriteRune(c)
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
