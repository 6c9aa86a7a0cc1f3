// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// grammar is what a scalar value may look like and what it means.
type grammar struct {
	name   string   // first word of the type tag
	words  []string // what it allows, as far as that is words
	right  string   // completes "expected …"
	read   func(h *Host, n *tree.Node) (any, *fault)
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
	"bool": boolGrammar,
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
	"estr32": fixed(grammar{
		right: "a string of at least 32 bytes", read: readLongString,
		schema: map[string]any{"type": stringTypes, "minLength": 32},
	}),
	"factor": fixed(grammar{
		right: "a number from 0 to 65535", read: readFactor,
		schema: map[string]any{"type": "number", "minimum": 0, "maximum": 65535},
	}),
	"tag-id": fixed(grammar{
		right: "a tag: lower-case letters, digits and inner -", read: readTag,
		schema: map[string]any{"type": stringTypes, "pattern": `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`},
	}),
	"log-group": logGroupGrammar,
	"slice":     fixed(wordGrammar("the name of a slice, which ends in .slice", isSlice)),
	"origin":    fixed(wordGrammar("the origin of a web page, such as https://admin.example", isOrigin)),
	"ip":        ipGrammar,
	"ipv4":      fixed(addressGrammar("an IPv4 address", readIPv4)),
	"ipv6":      fixed(addressGrammar("an IPv6 address", readIPv6)),
	"ip-port":   fixed(addressGrammar("an IP address with @port", readIPPort)),
	"host":      fixed(addressGrammar("an IP address or a domain name", readHost)),
	"net":       fixed(addressGrammar("a network such as 192.0.2.0/24 or 2001:db8::/32", readNet)),
	"net6":      net6Grammar,
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
// mistake in the model, which every test finds.
func findGrammar(tag string) grammar {
	end := strings.IndexFunc(tag, func(c rune) bool { return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	if end < 0 {
		end = len(tag)
	}
	build, known := grammars[tag[:end]]
	if !known {
		panic("config: no grammar for the type " + tag)
	}
	g := build(tag[end:])
	g.name = tag[:end]
	return g
}

// enumGrammar makes "enum a b": one of the words, literally.
func enumGrammar(rest string) grammar {
	words := strings.Fields(rest)
	return grammar{
		words: words, right: oneOf(words),
		schema: map[string]any{"enum": words},
		read: func(_ *Host, n *tree.Node) (any, *fault) {
			if n.Kind == tree.Text {
				for _, word := range words {
					if n.Text == word {
						return word, nil
					}
				}
				if now := renamedWords[n.Text]; slices.Contains(words, now) {
					return nil, hint("it is " + now + " now")
				}
				if near := Nearest(n.Text, words); near != "" {
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
func quoteHint(n *tree.Node) *fault {
	switch n.Kind {
	case tree.Boolean, tree.Integer, tree.Float:
		return hint("write it in quotes if it is meant as a string")
	}
	return new(fault)
}

func readString(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text && n.Kind != tree.Integer {
		return nil, quoteHint(n)
	}
	return n.StringOrInteger(), nil
}

func readLooseString(h *Host, n *tree.Node) (any, *fault) {
	if n.Kind == tree.Float {
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil {
			return nil, new(fault)
		}
		return tree.PythonFloat(f), nil
	}
	return readString(h, n)
}

func readPin(_ *Host, n *tree.Node) (any, *fault) {
	s := strings.TrimSuffix(n.Text, "\n")
	if n.Kind != tree.Text || len(s) != 44 || s[43] != '=' {
		return nil, new(fault)
	}
	for i := range 43 {
		if c := s[i]; !text.IsWord(c) && c != '+' && c != '/' || c == '_' {
			return nil, new(fault)
		}
	}
	return s, nil
}
