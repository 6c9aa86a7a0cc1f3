// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strconv"
	"strings"
)

// A configuration with a hundred thousand local names is a hundred thousand
// lines of one shape. General parsers spend a microsecond and several hundred
// bytes on each. So a long run of such lines is folded: the parser sees one
// line in its place,
//
//	kresd-fold-0: 0
//
// and blank lines that keep the numbering, and the run is unfolded into the
// tree where that key turns up. Where it does not turn up as a key in a place
// that a line of the run could have (the run may be inside of a block of text),
// the whole text is parsed again without folding: folding never changes what
// a text means, and never what is said about an error in it. What goes for lines
// goes for items of a YAML list whose lines are of that kind, see fold_items.go.

// foldMin is how many lines make it worth while.
const foldMin = 64

const foldKey = "kresd-fold-"

// maxPlain is how long a line may be that is folded, and four times that an item of several
// lines: see [code].
const maxPlain = 2000

// run is a folded part of the text.
type run struct {
	first int    // line number
	lines string // the folded lines, with their ends
	count int
	used  bool
	items bool // lines are those of count items of a list
}

// entry is one line of a run: a key and the source of its value.
type entry struct {
	key, value             string
	keyColumn, valueColumn uint32
	keyQuoted              bool
}

// fold gives the text to parse in place of src, and what was taken out of it.
// separator stands between key and value: ':' in YAML, '=' in TOML.
func fold(src string, separator byte) (string, []run) {
	if strings.Contains(src, foldKey) {
		return src, nil
	}
	var (
		runs   []run
		out    strings.Builder
		copied int
	)
	off, line := 0, 1
	for off < len(src) {
		start, first := off, line
		indent := -1
		for off < len(src) {
			end := LineEnd(src, off)
			e, ok := splitEntry(src[off:end], separator)
			if !ok || indent >= 0 && int(e.keyColumn) != indent {
				break
			}
			indent = int(e.keyColumn)
			off, line = end, line+1
		}
		r, standIn := run{first: first, count: line - first}, ""
		if off == start && separator == ':' { // not an entry
			indent, r.count, off = itemsFrom(src, off)
			r.items, standIn = true, "- "
			line += strings.Count(src[start:off], "\n")
		}
		if r.count < foldMin {
			if off == start { // no item either: go past it
				off, line = LineEnd(src, off), line+1
			}
			continue
		}
		out.WriteString(src[copied:start])
		out.WriteString(strings.Repeat(" ", indent-1))
		out.WriteString(standIn + foldKey + strconv.Itoa(len(runs)) + " " + string(separator) + " 0")
		out.WriteString(strings.Repeat("\n", line-first))
		r.lines = src[start:off]
		runs = append(runs, r)
		copied = off
	}
	if runs == nil {
		return src, nil
	}
	out.WriteString(src[copied:])
	return out.String(), runs
}

// findRun is the run that a key stands for.
func findRun(runs []run, key string) *run {
	if number, ok := strings.CutPrefix(key, foldKey); ok {
		if i, err := strconv.Atoi(number); err == nil && i < len(runs) {
			return &runs[i]
		}
	}
	return nil
}

// splitEntry splits a line "key: value" of the plainest kind. A value is a
// word of letters, digits and ".:-/", a string in quotes, or a list of those in
// brackets; whatever is less plain is left to the parser.
func splitEntry(line string, separator byte) (e entry, ok bool) {
	return splitEntryAt(line, blanks(line, 0), separator)
}

// splitEntryAt is splitEntry of what starts at line[i].
func splitEntryAt(line string, i int, separator byte) (e entry, ok bool) {
	if len(line) > maxPlain {
		return e, false
	}
	e, i, ok = splitKey(line, i, separator)
	if !ok {
		return e, false
	}
	start := blanks(line, i)
	if start == i && separator == ':' {
		return e, false
	}
	i = plainValue(line, start, separator)
	if i < 0 {
		return e, false
	}
	e.value, e.valueColumn = line[start:i], uint32(start+1)
	return e, ends(line, i)
}

// ends reports whether nothing but blanks comes at line[i] and after it.
func ends(line string, i int) bool {
	i = blanks(line, i)
	return i == len(line) || line[i:] == "\n" || line[i:] == "\r\n"
}

// splitKey reads the key at line[i] and its separator, and returns the offset after that.
func splitKey(line string, i int, separator byte) (e entry, after int, ok bool) {
	e.keyColumn = uint32(i + 1)
	start := i
	if isQuote(line, i) {
		e.keyQuoted = true
		if i = quoted(line, i); i < 0 {
			return e, 0, false
		}
		e.key = line[start+1 : i-1]
	} else {
		if i == len(line) || !IsWord(line[i]) {
			return e, 0, false
		}
		for i < len(line) && (IsWord(line[i]) || line[i] == '-' || line[i] == '.' && separator == ':') {
			i++
		}
		e.key = line[start:i]
	}
	if len(e.key) > 255 {
		return e, 0, false
	}
	if separator == '=' {
		i = blanks(line, i)
	}
	if i == len(line) || line[i] != separator {
		return e, 0, false
	}
	return e, i + 1, true
}

// plainValue is the offset after the value at line[i], -1 if it is not plain.
func plainValue(line string, i int, separator byte) int {
	if i < len(line) && line[i] == '[' {
		for {
			i = blanks(line, i+1) // after the bracket or comma
			if i = plainItem(line, i, separator); i < 0 {
				return -1
			}
			i = blanks(line, i)
			if i == len(line) || line[i] != ',' && line[i] != ']' {
				return -1
			}
			if line[i] == ']' {
				return i + 1
			}
		}
	}
	return plainItem(line, i, separator)
}

func plainItem(line string, i int, separator byte) int {
	if isQuote(line, i) {
		return quoted(line, i)
	}
	if separator == '=' { // a bare word in TOML is no string
		return -1
	}
	if strings.HasPrefix(line[i:], "::") { // as addresses do
		i += 2
	}
	if i == len(line) || !IsWord(line[i]) {
		return -1
	}
	for i < len(line) && (IsWord(line[i]) || strings.IndexByte(".:-/", line[i]) >= 0) {
		i++
	}
	if line[i-1] == ':' {
		return -1
	}
	return i
}

func isQuote(line string, i int) bool {
	return i < len(line) && (line[i] == '"' || line[i] == '\'')
}

// quoted is the offset after the quoted string at line[i], -1 if it holds more
// than printable ASCII without escapes.
func quoted(line string, i int) int {
	quote := line[i]
	for i++; i < len(line); i++ {
		switch c := line[i]; {
		case c == quote:
			return i + 1
		case c == '\\' || c < ' ' || c > '~':
			return -1
		}
	}
	return -1
}

func blanks(line string, i int) int {
	for i < len(line) && line[i] == ' ' {
		i++
	}
	return i
}
