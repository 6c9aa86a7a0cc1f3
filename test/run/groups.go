// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// group is tests of one package that one program runs, one after another.
type group struct {
	pack     pack
	tests    []test
	part, of int // it is one of so many groups of the package
	alone    bool
	expected time.Duration
}

// title names it for people.
func (g group) title() string {
	name := strings.TrimPrefix(g.pack.name, "test/")
	if g.alone {
		name += ", alone"
	}
	return name
}

// pattern is for -test.run.
func (g group) pattern() string {
	names := make([]string, len(g.tests))
	for i, t := range g.tests {
		names[i] = t.name
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// share is how long the tests of a group should take together. A group costs a few
// seconds for its machine, and the last one to end is waited for.
const share = 75 * time.Second

// groups puts the tests of a package into groups: those that need the host for themselves
// into one of their own, and the others into groups of about a share each, or of four times
// what the preparation of the package takes where that is dear.
func groups(p pack, known times) []group {
	var alone, beside []test
	for _, t := range p.tests {
		if t.alone {
			alone = append(alone, t)
		} else {
			beside = append(beside, t)
		}
	}
	preparation := known.preparation(p)
	var total time.Duration
	for _, t := range beside {
		total += known.of(p, t)
	}
	parts := int(math.Ceil(float64(total) / float64(max(share, 4*preparation))))
	var all []group
	for _, tests := range divide(beside, min(parts, len(beside)), func(t test) time.Duration { return known.of(p, t) }) {
		all = append(all, group{pack: p, tests: tests})
	}
	if len(alone) > 0 {
		all = append(all, group{pack: p, tests: alone, alone: true})
	}
	for i := range all {
		g := &all[i]
		g.part, g.of, g.expected = i+1, len(all), preparation
		for _, t := range g.tests {
			g.expected += known.of(p, t)
		}
	}
	return all
}

// divide shares tests out so that all parts take about as long: the longest first, each to
// the part that has least. Within a part they stay in the order of the source.
func divide(tests []test, parts int, took func(test) time.Duration) [][]test {
	if parts == 0 {
		return nil
	}
	order := make([]int, len(tests))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(took(tests[b]), took(tests[a])) })
	lengths, members := make([]time.Duration, parts), make([][]int, parts)
	for _, i := range order {
		least := 0
		for part, length := range lengths {
			if length < lengths[least] {
				least = part
			}
		}
		lengths[least] += took(tests[i])
		members[least] = append(members[least], i)
	}
	divided := make([][]test, parts)
	for part, indices := range members {
		slices.Sort(indices)
		for _, i := range indices {
			divided[part] = append(divided[part], tests[i])
		}
	}
	return divided
}
