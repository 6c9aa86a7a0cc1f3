// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
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

// integers is a JSON schema of what strings are also read from.
var stringTypes = []string{"string", "integer"}

// grammars is the registry: the first word of a type tag names an entry. What
// follows the word is handed to make.
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
	make, known := grammars[tag[:end]]
	if !known {
		panic("config: no grammar for the type " + tag)
	}
	return make(tag[end:])
}

func readBool(_ *Host, n *node) (any, *fault) {
	if n.kind != boolean {
		return nil, new(fault)
	}
	return n.text == "true", nil
}

// intGrammar makes "int>=1", "int 0..100", and either with "|auto", which
// stands for the number of CPUs.
func intGrammar(rest string) grammar {
	bounds, auto := strings.CutSuffix(rest, "|auto")
	least, most := int64(0), int64(1<<63-1)
	g := grammar{schema: map[string]any{"type": "integer"}}
	var err error
	if text, ok := strings.CutPrefix(bounds, ">="); ok {
		least, err = strconv.ParseInt(text, 10, 64)
		g.right = "an integer of at least " + text
	} else {
		var low, high string
		low, high, _ = strings.Cut(strings.TrimSpace(bounds), "..")
		if least, err = strconv.ParseInt(low, 10, 64); err == nil {
			most, err = strconv.ParseInt(high, 10, 64)
		}
		g.right = "an integer from " + low + " to " + high
		g.schema["maximum"] = most
	}
	if err != nil {
		panic("config: no bounds in the type int" + rest)
	}
	g.schema["minimum"] = least
	g.read = func(h *Host, n *node) (any, *fault) {
		if auto && n.kind == text && n.text == "auto" {
			if h.CPUs < 1 {
				return nil, &fault{"auto needs to know the number of CPUs, which is unknown here", "give a number"}
			}
			return h.CPUs, nil
		}
		return readInteger(n, least, most)
	}
	if auto {
		g.right += ", or auto"
		g.schema = map[string]any{"anyOf": []any{g.schema, map[string]any{"const": "auto"}}}
	}
	return g
}

func readInteger(n *node, least, most int64) (any, *fault) {
	if n.kind != integer {
		if n.kind == text && n.text != "" && strings.Trim(n.text, "0123456789") == "" {
			return nil, hint("write it without quotes")
		}
		return nil, new(fault)
	}
	i, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || i < least || i > most {
		return nil, new(fault)
	}
	return int(i), nil
}

func readPort(_ *Host, n *node) (any, *fault) {
	port, wrong := readInteger(n, 1, 65535)
	if wrong != nil {
		return nil, wrong
	}
	return uint16(port.(int)), nil
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

// cutUnit splits "10M" in its number and its unit. Any decimal digits of
// Unicode will do, and one line end after the unit, as in Knot Resolver.
func cutUnit(n *node) (number int64, unit string, wrong *fault) {
	if n.kind != text {
		if n.kind == integer {
			return 0, "", hint("add a unit")
		}
		return 0, "", new(fault)
	}
	s := strings.TrimSuffix(n.text, "\n")
	for i, c := range s {
		digit, ok := decimalDigit(c)
		if !ok {
			if i == 0 {
				return 0, "", new(fault)
			}
			return number, s[i:], nil
		}
		if number > (1<<63-1-int64(digit))/10 {
			return 0, "", tooLarge(n)
		}
		number = number*10 + int64(digit)
	}
	if s == "" {
		return 0, "", new(fault)
	}
	return 0, "", hint("add a unit")
}

func tooLarge(n *node) *fault {
	return &fault{message: fmt.Sprintf("%s is too large", n.describe())}
}

func scale(n *node, units map[string]int64) (int64, *fault) {
	number, unit, wrong := cutUnit(n)
	if wrong != nil {
		return 0, wrong
	}
	factor, known := units[unit]
	if !known {
		return 0, new(fault)
	}
	if number > (1<<63-1)/factor {
		return 0, tooLarge(n)
	}
	return number * factor, nil
}

var sizeUnits = map[string]int64{"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

// readSize gives bytes, as an int64.
func readSize(_ *Host, n *node) (any, *fault) {
	size, wrong := scale(n, sizeUnits)
	return size, wrong
}

var timeUnits = map[string]int64{
	"us": int64(time.Microsecond), "ms": int64(time.Millisecond), "s": int64(time.Second),
	"m": int64(time.Minute), "h": int64(time.Hour), "d": 24 * int64(time.Hour),
}

func readTime(_ *Host, n *node) (any, *fault) {
	duration, wrong := scale(n, timeUnits)
	return time.Duration(duration), wrong
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
