// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"kresd-manager/internal/visible"
)

// toYAML writes JSON as YAML in block style, keys in the order they come and
// numbers as they are. Everything that YAML 1.1, which Knot Resolver speaks,
// might take for something else than a text is quoted.
func toYAML(value []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	w := yamlWriter{in: d}
	if err := w.value(0, true); err != nil {
		return nil, fmt.Errorf("cannot read the answer: %w", err)
	}
	return bytes.TrimPrefix(w.out.Bytes(), []byte(" ")), nil
}

// yamlWriter turns a stream of JSON tokens into lines.
type yamlWriter struct {
	in  *json.Decoder
	out bytes.Buffer
}

// value writes the next value, after a colon or a dash that was written
// already, up to the end of its last line. The lines of a collection start at
// column indent. The first one may share the line with what was written if
// inline is set, as in a list; otherwise it needs one of its own.
func (w *yamlWriter) value(indent int, inline bool) error {
	t, err := w.in.Token()
	if err != nil {
		return err
	}
	scalar := "null"
	switch t := t.(type) {
	case json.Delim:
		if w.in.More() {
			if !inline {
				w.out.WriteByte('\n')
			}
			return w.members(t, indent, inline)
		}
		scalar = t.String() + "}"
		if t == '[' {
			scalar = "[]"
		}
		if _, err := w.in.Token(); err != nil {
			return err
		}
	case string:
		scalar = yamlText(t, indent)
	case json.Number:
		scalar = yamlNumber(t.String())
	case bool:
		scalar = strconv.FormatBool(t)
	}
	w.out.WriteString(" " + scalar + "\n")
	return nil
}

// members writes what is in a collection that is not empty, and consumes its
// end.
func (w *yamlWriter) members(open json.Delim, indent int, inline bool) error {
	lead := strings.Repeat(" ", indent)
	for first := true; w.in.More(); first = false {
		switch {
		case !first || !inline:
			w.out.WriteString(lead)
		case indent > 0: // the dash of the list around is on this line
			w.out.WriteByte(' ')
		}
		if open == '[' {
			w.out.WriteByte('-')
			if err := w.value(indent+2, true); err != nil {
				return err
			}
			continue
		}
		key, err := w.in.Token()
		if err != nil {
			return err
		}
		w.out.WriteString(yamlQuoted(key.(string)) + ":") // the only kind of token here
		if err := w.value(indent+2, false); err != nil {
			return err
		}
	}
	_, err := w.in.Token()
	return err
}

// yamlText writes a text: on lines of its own at column indent if it has
// several and nothing in it needs an escape, else quoted where necessary.
func yamlText(s string, indent int) string {
	body, ended := strings.CutSuffix(s, "\n")
	if !strings.Contains(body, "\n") || strings.HasSuffix(body, "\n") || strings.Trim(s[:1], " \t\n") == "" ||
		strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && escaped(r) }) {
		return yamlQuoted(s)
	}
	mark := "|-"
	if ended {
		mark = "|"
	}
	lead := "\n" + strings.Repeat(" ", max(indent, 2))
	var b strings.Builder
	b.WriteString(mark)
	for line := range strings.SplitSeq(body, "\n") {
		if line == "" {
			b.WriteByte('\n')
			continue
		}
		b.WriteString(lead + line)
	}
	return b.String()
}

// yamlQuoted quotes a text unless it cannot be mistaken.
func yamlQuoted(s string) string {
	if plainYAML(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xffff && escaped(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case escaped(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// escaped reports whether a character needs an escape: what is not to be seen,
// what some readers take for the end of a line, and what YAML forbids.
func escaped(r rune) bool { return visible.Hidden(r) || r == 0xfffe || r == 0xffff }

// plainYAML reports whether a text can stand without quotes. It says yes to
// the usual names, paths and IPv4 addresses and no to all that takes thought.
func plainYAML(s string) bool {
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '/':
		case i > 0 && ('0' <= c && c <= '9' || strings.IndexByte("-_.@", c) >= 0):
		default:
			addr, _, _ := strings.Cut(s, "@")
			addr, _, _ = strings.Cut(addr, "/")
			ip, err := netip.ParseAddr(addr)
			return err == nil && ip.Is4() && strings.Trim(s, "0123456789./@") == ""
		}
	}
	return true
}

// yamlNumber spells a number so that YAML 1.1 takes it for one: there, an
// exponent needs a fraction before it and a sign.
func yamlNumber(n string) string {
	mantissa, exponent, ok := strings.Cut(strings.ToLower(n), "e")
	if !ok {
		return n
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent[0] != '+' && exponent[0] != '-' {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}
