// SPDX-License-Identifier: Apache-2.0

package text

import "strings"

// coreNumber says that a plain scalar is a number to those who read YAML 1.2 (core
// schema, section 10.3.2), though it may be a text in YAML 1.1: 009, 0o17, 1e3. What is
// written must be the same to both.
func coreNumber(s string) bool {
	if octal, ok := strings.CutPrefix(s, "0o"); ok {
		return octal != "" && span(octal, 8, '0') == len(octal)
	}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole := span(s, 10, '0')
	s = s[whole:]
	fraction := 0
	if strings.HasPrefix(s, ".") {
		fraction = span(s[1:], 10, '0')
		s = s[1+fraction:]
	}
	if whole+fraction == 0 {
		return false
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && span(s, 10, '0') == len(s)
}
