// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"unicode"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// readIPOptPort reads "192.0.2.1" or "192.0.2.1@5353".
func readIPOptPort(_ *Host, n *tree.Node) (any, *fault) {
	a, wrong := serverAddress(n)
	if wrong != nil {
		return nil, wrong
	}
	return a, nil
}

func serverAddress(n *tree.Node) (a AddrPort, wrong *fault) {
	host, port, wrong := cutPort(n)
	if wrong != nil {
		return a, wrong
	}
	addr, err := parseIP(host)
	if err != nil || n.Kind != tree.Text {
		return a, new(fault)
	}
	return AddrPort{Addr: addr, Port: port}, nil
}

// readInterface reads an address or the name of an interface. The port is 0
// where none is given; Listen.check resolves it.
func readInterface(_ *Host, n *tree.Node) (any, *fault) {
	host, port, wrong := cutPort(n)
	if wrong != nil {
		return nil, wrong
	}
	if addr, err := parseIP(host); err == nil {
		return Interface{Addr: addr, Port: port}, nil
	}
	host = strings.TrimSuffix(host, "\n")
	if !isInterfaceName(host) {
		return nil, new(fault)
	}
	return Interface{Name: host, Port: port}, nil
}

// cutPort splits at the "@"; the port is 0 if there is none.
func cutPort(n *tree.Node) (host string, port uint16, wrong *fault) {
	if n.Kind != tree.Text && n.Kind != tree.Integer {
		return "", 0, quoteHint(n)
	}
	host, after, found := strings.Cut(n.StringOrInteger(), "@")
	if !found {
		return host, 0, nil
	}
	number, ok := parsePort(after)
	if !ok {
		return "", 0, hint("after @ comes a port number 1 to 65535")
	}
	return host, number, nil
}

// parsePort is as lenient as Knot Resolver: blanks around the number, a plus
// sign, leading zeros, single "_" between digits, digits of any script.
func parsePort(s string) (uint16, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "+")
	number, afterDigit := 0, false
	for _, c := range s {
		digit, ok := decimalDigit(c)
		switch {
		case c == '_' && afterDigit:
			afterDigit = false
			continue
		case !ok:
			return 0, false
		}
		afterDigit = true
		if number = number*10 + digit; number > 65535 {
			return 0, false
		}
	}
	return uint16(number), afterDigit && number > 0
}

// decimalDigit is the value of a decimal digit of any script. Unicode keeps
// each set of ten together and in order, from zero up.
func decimalDigit(c rune) (int, bool) {
	if c < 0x80 {
		return int(c - '0'), '0' <= c && c <= '9'
	}
	for _, r := range unicode.Nd.R16 {
		if rune(r.Lo) <= c && c <= rune(r.Hi) {
			return int(c-rune(r.Lo)) % 10, true
		}
	}
	for _, r := range unicode.Nd.R32 {
		if rune(r.Lo) <= c && c <= rune(r.Hi) {
			return int(c-rune(r.Lo)) % 10, true
		}
	}
	return 0, false
}

// isInterfaceName knows groups of letters and digits that single "-" or "_"
// join.
func isInterfaceName(s string) bool {
	inGroup := false
	for i := range len(s) {
		switch c := s[i]; {
		case text.IsWord(c) && c != '_':
			inGroup = true
		case (c == '-' || c == '_') && inGroup:
			inGroup = false
		default:
			return false
		}
	}
	return inGroup
}
