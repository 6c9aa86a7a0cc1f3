// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"

	"kresd-manager/internal/config/tree"
)

// cutUnit splits "10M" in its number and its unit. Any decimal digits of
// Unicode will do, and one line end after the unit, as in Knot Resolver.
func cutUnit(n *tree.Node) (number int64, unit string, wrong *fault) {
	if n.Kind != tree.Text {
		if n.Kind == tree.Integer {
			return 0, "", hint("add a unit")
		}
		return 0, "", new(fault)
	}
	s := strings.TrimSuffix(n.Text, "\n")
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

func tooLarge(n *tree.Node) *fault {
	return &fault{message: fmt.Sprintf("%s is too large", n.Describe())}
}

func scale(n *tree.Node, units map[string]int64) (int64, *fault) {
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
func readSize(_ *Host, n *tree.Node) (any, *fault) {
	size, wrong := scale(n, sizeUnits)
	return size, wrong
}
