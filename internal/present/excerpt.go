// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"kresd-manager/internal/visible"
)

// What is shown of a long line: at most this many characters before and after
// the place.
const (
	shownBefore = 33
	shownAfter  = 33
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
