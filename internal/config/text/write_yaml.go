// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"

	"kresd-manager/internal/config/tree"
)

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

// yamlWord writes a scalar, or an empty collection, on one line. was is what stood
// there, whose quotes it keeps.
func yamlWord(n *tree.Node, was string, flow bool) string {
	switch n.Kind {
	case tree.Text:
		printable := !strings.ContainsFunc(n.Text, needsEscape)
		switch {
		case strings.HasPrefix(was, "'") && printable:
			return "'" + strings.ReplaceAll(n.Text, "'", "''") + "'"
		case !strings.HasPrefix(was, `"`) && plainYAML(n.Text, flow):
			return n.Text
		}
		return quoteYAML(n.Text)
	case tree.Integer, tree.Float:
		return numberYAML(n)
	default:
		return string(tree.AppendJSON(nil, n))
	}
}

// plainYAML says that a text can stand without quotes, and not only just.
func plainYAML(s string, flow bool) bool {
	if n, message, _ := plainScalar(s); message != "" || n.Kind != tree.Text || s == "" || coreNumber(s) {
		return false
	}
	if len(s) == 1 && strings.Contains("yYnN", s) { // booleans to other readers of YAML 1.1
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case IsWord(c), c == '/', c == '.':
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
		if r == '"' || r == '\\' || needsEscape(r) {
			b = appendEscape(b, r)
		} else {
			b = append(b, string(r)...)
		}
	}
	return string(append(b, '"'))
}

// numberYAML spells a number so that YAML 1.1 reads it as the same.
func numberYAML(n *tree.Node) string {
	if again, message, _ := plainScalar(n.Text); message == "" && again.Kind == n.Kind && tree.Same(&again, n) {
		return n.Text
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(n.Text), "e")
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
