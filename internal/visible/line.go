// SPDX-License-Identifier: Apache-2.0

package visible

import "unicode"

// erase goes to the beginning of a line and empties it (ECMA-48 sections 8.3.41 and 8.3.12,
// EL 2).
const erase = "\r\x1b[2K"

// Redraw shows one line at the end of what a terminal shows, in place of the one that it
// has shown before; "" removes that. What else is written to the stream takes the place of
// the line. All of it is as [Line] makes it, and cut before it reaches the last column, so
// that it never needs two. A stream that is no terminal shows nothing of it.
func (w *Writer) Redraw(line string) error {
	if !w.terminal {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.drawn
	w.drawn = line != ""
	if !was && line == "" {
		return nil
	}
	return w.put(erase + Cut(Line(line), w.Width()-1))
}

// Entered notes that whoever sits at the terminal has ended the line, by typing.
func (w *Writer) Entered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.column = 0
}

// Cut is the beginning of a line that fits into so many columns, with an ellipsis where
// something is left out. A character that may be wide counts for two columns, so that
// the line is never longer.
func Cut(line string, columns int) string {
	used, fits := 0, 0
	for i, r := range line {
		wide := columnsOf(r)
		if used+wide > columns {
			return line[:fits] + "…"
		}
		used += wide
		if used < columns { // leaves room for the ellipsis
			fits = i + len(string(r))
		}
	}
	return line
}

// columnsOf is how many columns a character takes at most: East Asian ones two (Unicode
// Standard Annex 11), and what combines none.
func columnsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Yi, unicode.Bopomofo) ||
		r >= 0x2e80 && r <= 0x303e || r >= 0xff01 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 || r >= 0x1f300):
		return 2
	}
	return 1
}
