// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strconv"
	"strings"

	"kresd-manager/internal/config/tree"
)

// intGrammar makes "int" for any integer, "int>=1", "int 0..100", and the last
// two with "|auto", which stands for the number of CPUs.
func intGrammar(rest string) grammar {
	if rest == "" {
		return grammar{right: "an integer", read: readAnyInteger, schema: map[string]any{"type": "integer"}}
	}
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
	g.read = func(h *Host, n *tree.Node) (any, *fault) {
		if auto && n.Kind == tree.Text && n.Text == "auto" {
			if h.CPUs < 1 {
				return nil, &fault{"auto needs to know the number of CPUs, which is unknown here", "give a number"}
			}
			return h.CPUs, nil
		}
		return readInteger(n, least, most)
	}
	if auto {
		g.words = []string{"auto"}
		g.right += ", or auto"
		g.schema = map[string]any{"anyOf": []any{g.schema, map[string]any{"const": "auto"}}}
	}
	return g
}

func readInteger(n *tree.Node, least, most int64) (any, *fault) {
	if n.Kind != tree.Integer {
		if n.Kind == tree.Text && n.Text != "" && strings.Trim(n.Text, "0123456789") == "" {
			return nil, hint("write it without quotes")
		}
		return nil, new(fault)
	}
	i, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil || i < least || i > most {
		return nil, new(fault)
	}
	return int(i), nil
}

// readAnyInteger gives the nearest int to an integer of any size.
func readAnyInteger(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind == tree.Integer {
		i, _ := strconv.ParseInt(n.Text, 10, 64) // which is the nearest if it does not fit
		return int(i), nil
	}
	return readInteger(n, 0, 0)
}

// boolGrammar makes "bool"; "bool|auto", where auto is true; and
// "bool|int 0..512", the padding of TLS.
func boolGrammar(rest string) grammar {
	g := grammar{words: []string{"true", "false"}, right: "true or false", schema: map[string]any{"type": "boolean"}, read: readBool}
	switch rest {
	case "|auto":
		g.words = []string{"true", "false", "auto"}
		g.right = "true, false or auto"
		g.schema = map[string]any{"enum": []any{true, false, "auto"}}
		g.read = func(h *Host, n *tree.Node) (any, *fault) {
			if n.Kind == tree.Text && n.Text == "auto" {
				return true, nil
			}
			return readBool(h, n)
		}
	case "|int 0..512":
		g.right = "true, false or an integer from 0 to 512"
		g.schema = map[string]any{"anyOf": []any{g.schema, map[string]any{"type": "integer", "minimum": 0, "maximum": 512}}}
		g.read = readPadding
	}
	return g
}

func readBool(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind == tree.Boolean {
		return n.Text == "true", nil
	}
	if n.Kind == tree.Text && (n.Text == "true" || n.Text == "false") {
		return nil, hint("write it without quotes")
	}
	return nil, new(fault)
}

// readPadding gives what [TLS.Padding] says.
func readPadding(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind == tree.Boolean {
		if n.Text == "true" {
			return -1, nil
		}
		return 0, nil
	}
	v, wrong := readInteger(n, 0, 512)
	if v == 1 { // to multiples of one byte
		v = 0
	}
	return v, wrong
}

// readFactor gives a float64.
func readFactor(_ *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Integer && n.Kind != tree.Float {
		return nil, new(fault)
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || f < 0 || f > 65535 {
		return nil, new(fault)
	}
	return f + 0, nil // -0 becomes 0
}

func readPort(_ *Host, n *tree.Node) (any, *fault) {
	port, wrong := readInteger(n, 1, 65535)
	if wrong != nil {
		return nil, wrong
	}
	return uint16(port.(int)), nil
}
