// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"strings"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// processGroups are words of /logging/groups that name a process and not a part
// of the engine, which does not know them.
const processGroups = " manager supervisord policy-loader kresd cache-gc files metrics server"

// logGroups is all words of /logging/groups: processes, then parts of the
// engine.
const logGroups = processGroups + " system cache io net ta tasent tasign taupd tls gnutls tls_cl xdp doh dnssec hint plan" +
	" iterat valdtr resolv select zoncut cookie statis rebind worker policy daf timejm timesk graphi prefil primin srvstl" +
	" wtchdg nsid dnstap tests dotaut http contrl module devel renum exterr rules prlayr defer doq ngtcp2"

// logGroupGrammar makes an enum of logGroups, which are too many for a message.
func logGroupGrammar(string) grammar {
	g := enumGrammar(logGroups)
	g.right = "a group such as tls, cache or dnssec"
	return g
}

// wordGrammar reads a string in lower case that is says yes to.
func wordGrammar(right string, is func(string) bool) grammar {
	return grammar{
		right: right, schema: map[string]any{"type": "string"},
		read: func(_ *Host, n *tree.Node) (any, *fault) {
			if n.Kind != tree.Text || !is(n.Text) {
				return nil, quoteHint(n)
			}
			return n.Text, nil
		},
	}
}

func readTag(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text && n.Kind != tree.Integer {
		return nil, quoteHint(n)
	}
	tag := strings.TrimSuffix(n.StringOrInteger(), "\n")
	if isTag(tag) {
		return tag, nil
	}
	if lower := strings.ToLower(strings.ReplaceAll(tag, "_", "-")); isTag(lower) {
		return nil, hint("such as " + tree.Shorten(lower))
	}
	return nil, new(fault)
}

// isTag knows lower-case letters, digits, and "-" not at the ends.
func isTag(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', text.IsDigit(c):
		case c == '-' && i > 0 && i < len(s)-1:
		default:
			return false
		}
	}
	return s != ""
}

// readLongString never says what it has read: it is for secrets.
func readLongString(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text && n.Kind != tree.Integer {
		return nil, quoteHint(n)
	}
	s := n.StringOrInteger()
	if s == RedactedText {
		return nil, &fault{message: RedactedText + " stands in place of a secret", hint: "give the secret itself, or leave the key as it is"}
	}
	if len(s) < 32 {
		return nil, hint("this one is shorter")
	}
	return s, nil
}

// isSlice knows unit names of slices, systemd.unit(5), without escapes. Systemd
// makes a tree of them: a name has no empty part between its "-".
func isSlice(s string) bool {
	name, ok := strings.CutSuffix(s, ".slice")
	if !ok || len(s) > 255 || name == "" {
		return false
	}
	for part := range strings.SplitSeq(name, "-") {
		for i := range len(part) {
			if c := part[i]; !text.IsWord(c) && c != '.' && c != ':' {
				return false
			}
		}
		if part == "" && name != "-" {
			return false
		}
	}
	return true
}

// isOrigin knows the serialised origins of RFC 6454 section 6.2, as browsers
// send them.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && s == u.Scheme+"://"+u.Host &&
		strings.ToLower(s) == s && !strings.ContainsAny(u.Host, "*%")
}
