// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// grammar is what a scalar value may look like and what it means.
type grammar struct {
	right  string // completes "expected …"
	read   func(h *Host, n *node) (any, *fault)
	schema map[string]any
}

// fault is what is wrong with a value. Without a message it is "expected …,
// found …".
type fault struct {
	message string
	hint    string
}

func hint(s string) *fault { return &fault{hint: s} }

// stringTypes are the JSON types that strings are read from.
var stringTypes = []string{"string", "integer"}

// grammars is the registry: the first word of a type tag names an entry. What
// follows the word is handed to the entry.
var grammars = map[string]func(rest string) grammar{
	"bool": fixed(grammar{
		right: "true or false", read: readBool,
		schema: map[string]any{"type": "boolean"},
	}),
	"int":  intGrammar,
	"enum": enumGrammar,
	"port": fixed(grammar{
		right: "a port number 1 to 65535", read: readPort,
		schema: map[string]any{"type": "integer", "minimum": 1, "maximum": 65535},
	}),
	"size": fixed(grammar{
		right: "a size such as 512B, 64K, 100M or 2G", read: readSize,
		schema: map[string]any{"type": "string", "pattern": `^[0-9]+[BKMG]$`},
	}),
	"time": fixed(grammar{
		right: "a time such as 500us, 20ms, 30s, 5m, 2h or 1d", read: readTime,
		schema: map[string]any{"type": "string", "pattern": `^[0-9]+(us|ms|s|m|h|d)$`},
	}),
	"estr": fixed(grammar{
		right: "a string", read: readString,
		schema: map[string]any{"type": stringTypes},
	}),
	"str": fixed(grammar{
		right: "a string", read: readLooseString,
		schema: map[string]any{"type": []string{"string", "number"}},
	}),
	"domain": fixed(grammar{
		right: "a domain name", read: readDomain,
		schema: map[string]any{"type": stringTypes, "minLength": 1},
	}),
	"pin": fixed(grammar{
		right: "the base64 of a SHA-256 hash: 43 characters and =", read: readPin,
		schema: map[string]any{"type": "string", "pattern": `^[A-Za-z0-9+/]{43}=$`},
	}),
	"ip": fixed(grammar{
		right: "an IP address", read: readIP,
		schema: map[string]any{"type": "string"},
	}),
	"ip-opt-port": fixed(grammar{
		right: "an IP address with an optional @port", read: readIPOptPort,
		schema: map[string]any{"type": "string"},
	}),
	"if-opt-port": fixed(grammar{
		right: "an IP address or the name of an interface, with an optional @port", read: readInterface,
		schema: map[string]any{"type": stringTypes, "minLength": 1},
	}),
	"rfile":  fixed(pathGrammar("the path of a file", readFilePath)),
	"wfile":  fixed(pathGrammar("the path of a file", readFilePath)),
	"wdir":   fixed(pathGrammar("the path of a directory", readDirPath)),
	"socket": fixed(pathGrammar("the path of a socket", readSocketPath)),
}

func fixed(g grammar) func(string) grammar {
	return func(string) grammar { return g }
}

// findGrammar gives the grammar of a type tag. A tag that names none is a
// mistake in model.go, which every test finds.
func findGrammar(tag string) grammar {
	end := strings.IndexFunc(tag, func(c rune) bool { return c != '-' && (c < 'a' || c > 'z') })
	if end < 0 {
		end = len(tag)
	}
	build, known := grammars[tag[:end]]
	if !known {
		panic("config: no grammar for the type " + tag)
	}
	return build(tag[end:])
}

func readBool(_ *Host, n *node) (any, *fault) {
	if n.kind != boolean {
		return nil, new(fault)
	}
	return n.text == "true", nil
}

// enumGrammar makes "enum a b": one of the words, literally.
func enumGrammar(rest string) grammar {
	words := strings.Fields(rest)
	return grammar{
		right:  oneOf(words),
		schema: map[string]any{"enum": words},
		read: func(_ *Host, n *node) (any, *fault) {
			if n.kind == text {
				for _, word := range words {
					if n.text == word {
						return word, nil
					}
				}
				if near := nearest(n.text, words); near != "" {
					return nil, hint("did you mean " + near + "?")
				}
			}
			return nil, new(fault)
		},
	}
}

// oneOf is "a, b or c".
func oneOf(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// quoteHint is for a string that YAML has read as something else.
func quoteHint(n *node) *fault {
	switch n.kind {
	case boolean, integer, float:
		return hint("write it in quotes if it is meant as a string")
	}
	return new(fault)
}

func readString(_ *Host, n *node) (any, *fault) {
	if n.kind != text && n.kind != integer {
		return nil, quoteHint(n)
	}
	return n.string(), nil
}

func readLooseString(h *Host, n *node) (any, *fault) {
	if n.kind == float {
		f, err := strconv.ParseFloat(n.text, 64)
		if err != nil {
			return nil, new(fault)
		}
		return pythonFloat(f), nil
	}
	return readString(h, n)
}

// string is the text of a value that may be a string or an integer.
func (n *node) string() string {
	if n.text == "-0" && n.kind == integer {
		return "0"
	}
	return n.text
}

func readPin(_ *Host, n *node) (any, *fault) {
	s := strings.TrimSuffix(n.text, "\n")
	if n.kind != text || len(s) != 44 || s[43] != '=' {
		return nil, new(fault)
	}
	for i := range 43 {
		if c := s[i]; !isWord(c) && c != '+' && c != '/' || c == '_' {
			return nil, new(fault)
		}
	}
	return s, nil
}

func readIP(_ *Host, n *node) (any, *fault) {
	if n.kind != text {
		return nil, quoteHint(n)
	}
	addr, err := parseIP(n.text)
	if err != nil || addr.Zone() != "" {
		return nil, new(fault)
	}
	return addr, nil
}

// parseIP is netip.ParseAddr, without its tolerance for a second % in a zone.
func parseIP(s string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(s)
	if err == nil && strings.ContainsRune(addr.Zone(), '%') {
		return netip.Addr{}, fmt.Errorf("%q has two zones", s)
	}
	return addr, err
}
