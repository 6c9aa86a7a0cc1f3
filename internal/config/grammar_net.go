// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"kresd-manager/internal/config/tree"
)

// net6Grammar makes "net6" and "net6/96", which has a length of 96.
func net6Grammar(rest string) grammar {
	if rest == "" {
		return addressGrammar("an IPv6 network such as 2001:db8::/32", func(_ *Host, n *tree.Node) (any, *fault) {
			return readNetwork(n, 0)
		})
	}
	return addressGrammar("an IPv6 network with the prefix length 96", func(_ *Host, n *tree.Node) (any, *fault) {
		return readNetwork(n, 96)
	})
}

func readNet(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text {
		return nil, quoteHint(n)
	}
	return parseNet(n.Text)
}

// readNetwork reads an IPv6 network of some length, 0 for any.
func readNetwork(n *tree.Node, length int) (any, *fault) {
	v, wrong := readNet(nil, n)
	if wrong != nil {
		return nil, wrong
	}
	switch prefix := v.(netip.Prefix); {
	case prefix.Addr().Is4():
		return nil, hint("that is an IPv4 network")
	case length > 0 && prefix.Bits() != length:
		return nil, new(fault)
	default:
		return prefix, nil
	}
}

// parseNet reads an address with an optional prefix length or, for IPv4, with
// a netmask or its inverse. Bits beyond the length must be zero, because one
// of the two is a mistake then.
func parseNet(s string) (any, *fault) {
	host, length, given := strings.Cut(s, "/")
	addr, err := parseIP(host)
	if err != nil {
		if given && strings.Trim(host, "0123456789.") == "" {
			return nil, hint("an IPv4 address has four numbers from 0 to 255")
		}
		return nil, new(fault)
	}
	if addr.Zone() != "" {
		return nil, &fault{quoteShort(s) + " has a zone, which no network of clients can have", "remove %" + tree.Shorten(addr.Zone())}
	}
	size := addr.BitLen()
	if given {
		var ok bool
		if size, ok = prefixLength(length, addr); !ok {
			return nil, hint("after / comes a prefix length from 0 to " + strconv.Itoa(addr.BitLen()))
		}
	}
	prefix := netip.PrefixFrom(addr, size)
	if network := prefix.Masked(); network != prefix {
		return nil, &fault{quoteShort(s) + " has bits beyond its prefix length", "write " + network.String() + ", or the longer length that is meant"}
	}
	return prefix, nil
}

// prefixLength reads what comes after the "/". A mask that could be read both
// ways is a netmask.
func prefixLength(s string, addr netip.Addr) (int, bool) {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		length, err := strconv.Atoi(s)
		return length, err == nil && length <= addr.BitLen()
	}
	mask, err := netip.ParseAddr(s)
	if err != nil || !mask.Is4() || !addr.Is4() {
		return 0, false
	}
	b := mask.As4()
	ones := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	if length := bits.LeadingZeros32(^ones); ones<<length == 0 {
		return length, true
	}
	length := bits.LeadingZeros32(ones)
	return length, ^ones<<length == 0
}
