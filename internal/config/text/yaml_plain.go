// SPDX-License-Identifier: Apache-2.0

package text

import "strings"

// plainKind is what YAML 1.1 makes of a plain (unquoted) scalar. Beside the
// kinds of the tree there are three that no configuration may hold.
type plainKind uint8

const (
	plainText plainKind = iota
	plainNull
	plainBool
	plainInt
	plainFloat
	plainDate
	plainMerge  // <<
	plainEquals // =
)

// resolvePlain types a plain scalar by the rules that Knot Resolver's own
// manager reads YAML with: those of YAML 1.1 (yaml.org/type), with its yes, no,
// on and off, 010 for eight and 1:30 for ninety, but without y and n.
func resolvePlain(s string) plainKind {
	if s == "" {
		return plainNull
	}
	switch c := s[0]; {
	case IsDigit(c):
		if isYAMLInt(s) {
			return plainInt
		}
		if isYAMLFloat(s) {
			return plainFloat
		}
		if isYAMLDate(s) {
			return plainDate
		}
	case c == '+' || c == '-' || c == '.':
		if isYAMLInt(strings.TrimLeft(s[:1], "+-") + s[1:]) {
			return plainInt
		}
		if isYAMLFloat(s) {
			return plainFloat
		}
	case c == '~':
		if s == "~" {
			return plainNull
		}
	case c == '<':
		if s == "<<" {
			return plainMerge
		}
	case c == '=':
		if s == "=" {
			return plainEquals
		}
	case len(s) <= 5:
		switch s {
		case "null", "Null", "NULL":
			return plainNull
		case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
			"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
			return plainBool
		}
	}
	return plainText
}

// isYAMLTrue is the value of a plain scalar of kind plainBool.
func isYAMLTrue(s string) bool {
	switch s[0] {
	case 'y', 'Y', 't', 'T':
		return true
	}
	return s[1] == 'n' || s[1] == 'N' // on, not off
}

// span is how many bytes at the start of s are digits of base, or one of also.
func span(s string, base byte, also byte) int {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == also:
		case '0' <= c && c <= '9' && c-'0' < base:
		case base == 16 && ('a' <= c && c <= 'f' || 'A' <= c && c <= 'F'):
		default:
			return i
		}
	}
	return len(s)
}

// isYAMLInt takes an integer without its sign.
func isYAMLInt(s string) bool {
	switch {
	case s == "" || !IsDigit(s[0]):
		return false
	case strings.HasPrefix(s, "0b"):
		return len(s) > 2 && span(s[2:], 2, '_') == len(s)-2
	case strings.HasPrefix(s, "0x"):
		return len(s) > 2 && span(s[2:], 16, '_') == len(s)-2
	case s[0] == '0':
		return span(s, 8, '_') == len(s)
	}
	digits := span(s, 10, '_')
	return digits == len(s) || sexagesimal(s[digits:]) == len(s)-digits
}

// sexagesimal is how many bytes at the start of s are groups of a colon and a
// number below sixty.
func sexagesimal(s string) int {
	i := 0
	for i+1 < len(s) && s[i] == ':' {
		digits := span(s[i+1:], 10, '0')
		if digits == 0 || digits > 2 || digits == 2 && s[i+1] > '5' {
			break
		}
		i += 1 + digits
	}
	return i
}

func isYAMLFloat(s string) bool {
	if s[0] == '.' && IsDigit(s[min(1, len(s)-1)]) {
		return isYAMLExponent(s[1+span(s[1:], 10, '_'):])
	}
	body := strings.TrimLeft(s[:1], "+-") + s[1:]
	switch body {
	case ".inf", ".Inf", ".INF":
		return true
	case ".nan", ".NaN", ".NAN":
		return len(body) == len(s)
	case "":
		return false
	}
	if !IsDigit(body[0]) {
		return false
	}
	digits := span(body, 10, '_')
	groups := sexagesimal(body[digits:])
	rest := body[digits+groups:]
	if rest == "" || rest[0] != '.' {
		return false
	}
	rest = rest[1+span(rest[1:], 10, '_'):]
	return groups > 0 && rest == "" || groups == 0 && isYAMLExponent(rest)
}

// isYAMLExponent takes what follows the digits; the sign is mandatory.
func isYAMLExponent(s string) bool {
	if s == "" {
		return true
	}
	return len(s) > 2 && (s[0] == 'e' || s[0] == 'E') && (s[1] == '+' || s[1] == '-') &&
		span(s[2:], 10, '0') == len(s)-2
}

// isYAMLDate knows 2001-02-03, and the start of every longer timestamp. That
// more than timestamps start so does no harm: none of it is a sensible value.
func isYAMLDate(s string) bool {
	if span(s, 10, '0') != 4 || len(s) < 8 || s[4] != '-' {
		return false
	}
	month := span(s[5:], 10, '0')
	if month < 1 || month > 2 || s[5+month] != '-' {
		return false
	}
	rest := s[6+month:]
	day := span(rest, 10, '0')
	if day < 1 || day > 2 {
		return false
	}
	if rest = rest[day:]; rest == "" {
		return month == 2 && day == 2
	}
	gap := len(rest) - len(strings.TrimLeft(rest, "Tt \t"))
	return 0 < gap && gap < len(rest) && IsDigit(rest[gap]) && strings.Contains(rest, ":")
}
