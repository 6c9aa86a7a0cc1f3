// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"
	"strings"

	"kresd-manager/internal/config/tree"
)

func addressGrammar(right string, read func(h *Host, n *tree.Node) (any, *fault)) grammar {
	return grammar{right: right, read: read, schema: map[string]any{"type": "string"}}
}

// ipGrammar makes "ip", and "ip|ip!", which allows a final "!".
func ipGrammar(rest string) grammar {
	if rest == "|ip!" {
		return addressGrammar("an IP address, or one with a final !", readRenumberTarget)
	}
	return addressGrammar("an IP address", readIP)
}

// readIP gives an address without a zone: one that clients may be told.
func readIP(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text {
		return nil, quoteHint(n)
	}
	addr, err := parseIP(n.Text)
	if err != nil || addr.Zone() != "" {
		return nil, withoutPort(n.Text)
	}
	return addr, nil
}

// withoutPort has advice for an address that carries a port or prefix length.
func withoutPort(s string) *fault {
	if i := strings.IndexAny(s, "@/"); i > 0 {
		if addr, err := parseIP(s[:i]); err == nil && addr.Zone() == "" {
			return hint("only the address is possible here: " + addr.String())
		}
	}
	return new(fault)
}

// parseIP is netip.ParseAddr, without its tolerance for anything in a zone:
// what follows an address, such as @port, would be part of it.
func parseIP(s string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(s)
	if err == nil && strings.ContainsAny(addr.Zone(), "%@/!") {
		return netip.Addr{}, fmt.Errorf("%q has an invalid zone", s)
	}
	return addr, err
}

func readIPv4(_ *Host, n *tree.Node) (any, *fault) {
	return readFamily(n, netip.Addr.Is4, "an IPv6 address")
}
func readIPv6(_ *Host, n *tree.Node) (any, *fault) {
	return readFamily(n, netip.Addr.Is6, "an IPv4 address")
}

// readFamily gives an address of one family, IPv6 with or without a zone.
func readFamily(n *tree.Node, is func(netip.Addr) bool, otherwise string) (any, *fault) {
	if n.Kind != tree.Text {
		return nil, quoteHint(n)
	}
	addr, err := parseIP(n.Text)
	switch {
	case err != nil:
		return nil, withoutPort(n.Text)
	case !is(addr):
		return nil, hint("that is " + otherwise)
	}
	return addr, nil
}

// renumberTarget is the address that others are replaced by.
type renumberTarget struct {
	addr  netip.Addr
	exact bool
}

func readRenumberTarget(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text {
		return nil, quoteHint(n)
	}
	host, exact := strings.CutSuffix(n.Text, "!")
	addr, err := parseIP(host)
	if err != nil || addr.Zone() != "" {
		return nil, withoutPort(host)
	}
	return renumberTarget{addr, exact}, nil
}

func readIPPort(h *Host, n *tree.Node) (any, *fault) {
	v, wrong := readIPOptPort(h, n)
	if wrong == nil && v.(AddrPort).Port == 0 {
		return nil, hint("add @ and the port")
	}
	return v, wrong
}

// readHost gives the text of an address or name in normal form.
func readHost(h *Host, n *tree.Node) (any, *fault) {
	if n.Kind == tree.Text {
		if addr, err := parseIP(n.Text); err == nil {
			return addr.String(), nil
		}
		if strings.ContainsAny(n.Text, "@:/") { // which a name could have, and no host does
			return nil, hint("the port has a key of its own")
		}
	}
	return readDomain(h, n)
}
