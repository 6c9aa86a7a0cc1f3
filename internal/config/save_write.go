// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"unicode"
)

// block is what stands after the colon of a key, or after a dash, in a column:
// the rest of that line and the lines below, without the last line end.
func (e *editor) block(n *node, column int, dash bool) string {
	return e.lines(n, column, dash, dash)
}

// lines is block that begins with a new line unless it may go on in that of the
// dash.
func (e *editor) lines(n *node, column int, dash, inline bool) string {
	if len(n.members) == 0 {
		return " " + e.scalar(n, column, "", true)
	}
	inner := column + e.step
	if n.kind == list {
		inner = column + e.dashes
	}
	if dash {
		inner = column + 2
	}
	if column < 0 { // the whole text
		inner = 0
	}
	var b strings.Builder
	for i := range n.members {
		if i == 0 && inline {
			b.WriteByte(' ')
		} else {
			b.WriteString("\n" + strings.Repeat(" ", inner))
		}
		m := &n.members[i]
		if n.kind == list {
			b.WriteString("-" + e.block(&m.value, inner, true))
		} else {
			b.WriteString(e.keyText(m.key, false) + ":" + e.block(&m.value, inner, false))
		}
	}
	return b.String()
}

// flow is a value in one piece; column is that of the line it starts in.
func (e *editor) flow(n *node, column int) string {
	if len(n.members) == 0 {
		if e.json {
			return string(appendJSON(nil, n))
		}
		return e.plainOrQuoted(n, "", true)
	}
	open, shut := "[", "]"
	if n.kind == object {
		open, shut = "{", "}"
	}
	first, separator, last := "", ", ", ""
	inner := column
	if e.json && e.step > 0 {
		inner = column + e.step
		first = "\n" + strings.Repeat(" ", inner)
		separator, last = ","+first, "\n"+strings.Repeat(" ", column)
	}
	var b strings.Builder
	b.WriteString(open + first)
	for i := range n.members {
		if i > 0 {
			b.WriteString(separator)
		}
		if n.kind == object {
			b.WriteString(e.keyText(n.members[i].key, true) + ": ")
		}
		b.WriteString(e.flow(&n.members[i].value, inner))
	}
	b.WriteString(last + shut)
	return b.String()
}

func (e *editor) keyText(key string, flow bool) string {
	if e.json {
		return string(appendText(nil, key))
	}
	n := node{kind: text, text: key}
	return e.plainOrQuoted(&n, "", flow)
}

// scalar writes a value that has no members, after a key or dash in a column.
// was is what stood there, whose quotes it keeps; lines says that it may take
// lines of its own.
func (e *editor) scalar(n *node, column int, was string, lines bool) string {
	if n.kind == text && lines && !e.quote && strings.Contains(n.text, "\n") && fitsLiteral(n.text) {
		body, mark := strings.TrimSuffix(n.text, "\n"), "|"
		if body == n.text {
			mark = "|-"
		}
		lead := "\n" + strings.Repeat(" ", max(column, 0)+e.step)
		var b strings.Builder
		b.WriteString(mark)
		for line := range strings.SplitSeq(body, "\n") {
			if line == "" {
				b.WriteByte('\n')
			} else {
				b.WriteString(lead + line)
			}
		}
		return b.String()
	}
	return e.plainOrQuoted(n, was, false)
}

// fitsLiteral says that a text of several lines can be written as it is.
func fitsLiteral(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	if body == "" || strings.HasSuffix(body, "\n") || strings.Trim(s[:1], " \t\n") == "" {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if strings.TrimRight(line, " \t") != line {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && needsEscape(r) })
}

// needsEscape says that YAML wants a character escaped, or that people would
// not see it.
func needsEscape(r rune) bool {
	return !unicode.IsPrint(r) || r == 0xFEFF
}

// plainOrQuoted writes a scalar, or an empty collection.
func (e *editor) plainOrQuoted(n *node, was string, flow bool) string {
	switch n.kind {
	case text:
		printable := !strings.ContainsFunc(n.text, needsEscape)
		switch {
		case strings.HasPrefix(was, "'") && printable:
			return "'" + strings.ReplaceAll(n.text, "'", "''") + "'"
		case !strings.HasPrefix(was, `"`) && plainYAML(n.text, flow):
			return n.text
		}
		return quoteYAML(n.text)
	case integer, float:
		return numberYAML(n)
	default:
		return string(appendJSON(nil, n))
	}
}

// plainYAML says that a text can stand without quotes, and not only just.
func plainYAML(s string, flow bool) bool {
	if n, message, _ := plainScalar(s); message != "" || n.kind != text || s == "" {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case isWord(c), c == '/', c == '.':
		case i == 0:
			return false
		case strings.IndexByte("-@+%", c) >= 0:
		case c == ':':
			if flow || i+1 == len(s) {
				return false
			}
		case c == ' ':
			if flow || i+1 == len(s) || s[i-1] == ' ' {
				return false
			}
		default:
			return false
		}
	}
	return !strings.HasPrefix(s, "...") && !strings.Contains(s, ": ") && !strings.HasPrefix(s, foldKey)
}

// quoteYAML writes a text in double quotes.
func quoteYAML(s string) string {
	b := []byte{'"'}
	for _, r := range s {
		switch {
		case needsEscape(r) && r > 0xFFFF:
			b = append(b, '\\', 'U', '0', '0')
			for shift := 20; shift >= 0; shift -= 4 {
				b = append(b, hexDigits[r>>shift&15])
			}
		case needsEscape(r) || r == '"' || r == '\\':
			b = appendEscape(b, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return string(append(b, '"'))
}

// numberYAML spells a number so that YAML 1.1 reads it as the same.
func numberYAML(n *node) string {
	if again, message, _ := plainScalar(n.text); message == "" && again.kind == n.kind && same(&again, n) {
		return n.text
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(n.text), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent == "" {
		return mantissa
	}
	if exponent[0] != '+' && exponent[0] != '-' {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}
