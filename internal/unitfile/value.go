// SPDX-License-Identifier: Apache-2.0

package unitfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file reads the values of directives (systemd.syntax(7) and the pages
// that it names), as far as our unit files go.

func word(text string) (any, error) { return text, nil }

func words(text string) (any, error) {
	if strings.ContainsAny(text, quoted) {
		return nil, errors.New("quoted words are not understood")
	}
	return strings.Fields(text), nil
}

func boolean(text string) (any, error) {
	switch text {
	case "yes", "true", "on", "1":
		return true, nil
	case "no", "false", "off", "0":
		return false, nil
	}
	return nil, errors.New("neither yes nor no")
}

func booleanOr(words ...string) func(string) (any, error) {
	return func(text string) (any, error) {
		if slices.Contains(words, text) {
			return text, nil
		}
		return boolean(text)
	}
}

func number(text string) (any, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err
}

func signed(text string) (any, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	return int32(n), err
}

// limit reads a resource limit, the same for hard and soft.
func limit(text string) (any, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err
}

func mode(text string) (any, error) {
	n, err := strconv.ParseUint(text, 8, 12)
	return uint32(n), err
}

// span reads a time in one unit, by default seconds, and gives microseconds.
func span(text string) (any, error) {
	if text == "infinity" {
		return ^uint64(0), nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	unit, known := map[string]time.Duration{
		"": time.Second, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "min": time.Minute, "h": time.Hour,
	}[text[len(digits):]]
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || !known {
		return nil, errors.New("not a time such as 100ms")
	}
	return n * uint64(unit.Microseconds()), nil
}

func exitStatus(text string) (any, error) {
	s := ExitStatus{Codes: []int32{}, Signals: []int32{}}
	for w := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(w, 10, 8)
		if err != nil {
			return nil, errors.New("only numbers are understood")
		}
		s.Codes = append(s.Codes, int32(n))
	}
	return s, nil
}

// capabilityNumbers are those that our files name (capabilities(7)).
var capabilityNumbers = map[string]int{"CAP_NET_BIND_SERVICE": 10}

// capabilities gives a set with one bit for each.
func capabilities(text string) (any, error) {
	var set uint64
	for w := range strings.FieldsSeq(text) {
		n, known := capabilityNumbers[w]
		if !known {
			return nil, fmt.Errorf("the capability %s is not known", w)
		}
		set |= 1 << n
	}
	return set, nil
}

// namespaces gives the kinds of namespaces that may be made.
func namespaces(text string) (any, error) {
	if text != "yes" {
		return nil, errors.New("only yes is understood, which allows none")
	}
	return uint64(0), nil
}

func filter(text string) (any, error) {
	rest, denied := strings.CutPrefix(text, "~")
	return Filter{!denied, strings.Fields(rest)}, nil
}

func families(text string) (any, error) {
	if text == "none" {
		return Filter{Allow: true, Words: []string{}}, nil
	}
	return filter(text)
}

func addresses(text string) (any, error) {
	if text != "any" {
		return nil, errors.New("only any is understood")
	}
	const inet, inet6 = 2, 10 // address families (address_families(7))
	return []AddressPrefix{{inet, make([]byte, 4), 0}, {inet6, make([]byte, 16), 0}}, nil
}

func errno(text string) (any, error) {
	n, known := map[string]int32{"EPERM": 1}[text] // errno(3)
	if !known {
		return nil, fmt.Errorf("the error %s is not known", text)
	}
	return n, nil
}
