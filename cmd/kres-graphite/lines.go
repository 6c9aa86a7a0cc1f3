// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lines turns the text format of Prometheus into Graphite's plaintext protocol:
// PREFIX.name.label.value VALUE UNIXTIME, the labels sorted. Knot Resolver's own
// manager names its metrics like this.
func lines(text []byte, prefix string, now time.Time) []byte {
	var out bytes.Buffer
	out.Grow(len(text))
	when := strconv.FormatInt(now.Unix(), 10)
	for line := range bytes.Lines(text) {
		name, labels, value, ok := sample(strings.TrimSpace(string(line)))
		if !ok {
			continue
		}
		out.WriteString(prefix)
		out.WriteString(clean(name))
		for _, l := range labels {
			out.WriteByte('.')
			out.WriteString(clean(l[0]))
			out.WriteByte('.')
			out.WriteString(clean(l[1]))
		}
		out.WriteByte(' ')
		out.WriteString(strconv.FormatFloat(value, 'f', -1, 64))
		out.WriteByte(' ')
		out.WriteString(when)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// sample reads one line of the text format: name{label="value",…} value. ok is
// false for a comment and for a value that Graphite does not know.
func sample(line string) (name string, labels [][2]string, value float64, ok bool) {
	if line == "" || line[0] == '#' {
		return "", nil, 0, false
	}
	end := strings.IndexAny(line, "{ ")
	if end < 1 {
		return "", nil, 0, false
	}
	name, rest := line[:end], line[end:]
	if rest[0] == '{' {
		if labels, rest, ok = readLabels(rest[1:]); !ok {
			return "", nil, 0, false
		}
	}
	fields := strings.Fields(rest) // a time may follow
	if len(fields) == 0 {
		return "", nil, 0, false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return "", nil, 0, false
	}
	return name, labels, value, true
}

// readLabels reads what follows an opening brace, to the closing one.
func readLabels(s string) (labels [][2]string, rest string, ok bool) {
	for {
		s = strings.TrimLeft(s, ", ")
		if after, found := strings.CutPrefix(s, "}"); found {
			slices.SortFunc(labels, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
			return labels, after, true
		}
		key, value, found := strings.Cut(s, `="`)
		if !found {
			return nil, "", false
		}
		var b strings.Builder
		i := 0
		for ; i < len(value) && value[i] != '"'; i++ {
			if value[i] == '\\' {
				i++
			}
			if i < len(value) {
				b.WriteByte(value[i])
			}
		}
		if i >= len(value) {
			return nil, "", false
		}
		labels = append(labels, [2]string{key, b.String()})
		s = value[i+1:]
	}
}

// clean makes one part of a name of a text: a dot would begin the next part,
// and a blank end the name.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, s)
}

// cleanPrefix is the prefix with its dot. Dots in it are meant.
func cleanPrefix(prefix string) string {
	prefix = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7F {
			return '_'
		}
		return r
	}, prefix)
	if prefix == "" {
		return ""
	}
	return prefix + "."
}
