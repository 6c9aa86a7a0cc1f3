// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"kresd-manager/internal/config/tree"
)

// toASCII makes A-labels (RFC 5890) of names that are not ASCII, as clients do
// before they ask. It leaves "_" and "*" alone.
var toASCII = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.BidiRule(),
	idna.StrictDomainName(false),
)

func readDomain(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text && n.Kind != tree.Integer {
		return nil, quoteHint(n)
	}
	name, message := domainName(n.StringOrInteger())
	if message != "" {
		return nil, &fault{message: message}
	}
	return name, nil
}

// domainName gives a name in normal form: A-labels, lower case, no final dot
// but for the root; or what is wrong with it.
//
// Labels may hold any printable ASCII, as in Knot Resolver, which has names
// such as _dmarc.example and *.example in mind. Backslashes are refused: they
// start an escape in the daemons and do not here, so that the name checked
// would not be the name used. A non-ASCII name that is not valid IDNA is
// refused too.
func domainName(s string) (name, message string) {
	s = strings.TrimSuffix(s, "\n")
	written := s
	if !isPlainName(s) {
		if !isASCII(s) {
			var err error
			if s, err = toASCII.ToASCII(s); err != nil {
				return "", "expected a domain name, found " + quoteShort(written) + ", which is not valid IDNA"
			}
		}
		if s == "." {
			return s, ""
		}
		s = strings.TrimSuffix(strings.ToLower(s), ".")
	}
	if reason := checkLabels(s); reason != "" {
		return "", "expected a domain name, found " + quoteShort(written) + ": " + reason
	}
	return s, ""
}

func quoteShort(s string) string {
	return (&tree.Node{Kind: tree.Text, Text: s}).Describe()
}

// isPlainName says that a name is in normal form already, as most are.
func isPlainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return s == "" || s[len(s)-1] != '.'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// checkLabels holds an ASCII name without final dot to the limits of RFC 1035
// section 2.3.4, and to no hyphen at either end of a label.
func checkLabels(s string) (reason string) {
	if s == "" {
		return "it is empty"
	}
	if len(s) > 253 {
		return "it is longer than 253 characters"
	}
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if c := s[i]; c == '\\' || c < ' ' || c == 0x7F {
				return "backslashes and control characters are not supported in names"
			}
			continue
		}
		switch {
		case i == start:
			return "a label is empty"
		case i-start > 63:
			return "a label is longer than 63 characters"
		case s[start] == '-' || s[i-1] == '-':
			return "a label starts or ends with -"
		}
		start = i + 1
	}
	return ""
}
