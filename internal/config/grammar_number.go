// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
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

// readAnyInteger gives the nearest int to an integer of any size.
func readAnyInteger(_ *Host, n *node) (any, *fault) {
	if n.kind == integer {
		i, _ := strconv.ParseInt(n.text, 10, 64) // which is the nearest if it does not fit
		return int(i), nil
	}
	return readInteger(n, 0, 0)
}

// boolGrammar makes "bool"; "bool|auto", where auto is true; and
// "bool|int 0..512", the padding of TLS.
func boolGrammar(rest string) grammar {
	g := grammar{right: "true or false", schema: map[string]any{"type": "boolean"}, read: readBool}
	switch rest {
	case "|auto":
		g.right = "true, false or auto"
		g.schema = map[string]any{"enum": []any{true, false, "auto"}}
		g.read = func(h *Host, n *node) (any, *fault) {
			if n.kind == text && n.text == "auto" {
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

func readBool(_ *Host, n *node) (any, *fault) {
	if n.kind == boolean {
		return n.text == "true", nil
	}
	if n.kind == text && (n.text == "true" || n.text == "false") {
		return nil, hint("write it without quotes")
	}
	return nil, new(fault)
}

// readPadding gives what [TLS.Padding] says.
func readPadding(_ *Host, n *node) (any, *fault) {
	if n.kind == boolean {
		if n.text == "true" {
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
func readFactor(_ *Host, n *node) (any, *fault) {
	if n.kind != integer && n.kind != float {
		return nil, new(fault)
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || f < 0 || f > 65535 {
		return nil, new(fault)
	}
	return f + 0, nil // -0 becomes 0
}

func readPort(_ *Host, n *node) (any, *fault) {
	port, wrong := readInteger(n, 1, 65535)
	if wrong != nil {
		return nil, wrong
	}
	return uint16(port.(int)), nil
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
