// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config/tree"
)

// unknown reports a key that is not declared, with the best advice there is.
func (r *reader) unknown(p *plan, at spot, m *tree.Member) {
	here := at.member(m, &tree.Place{Up: at.place, Key: m.Key})
	hint := ""
	if !r.Full() {
		hint = adviceFor(p, at.place.Pattern()+"/"+tree.EscapeToken(m.Key), m.Key)
	}
	r.note(here, m.KeyAt, tree.SeverityError, "unknown key "+strconv.Quote(tree.Shorten(m.Key)), hint)
}

// adviceFor guesses which key was meant.
func adviceFor(p *plan, pattern, key string) string {
	if slices.Contains(removed, pattern) {
		return "it was removed in Knot Resolver 6 and has no successor"
	}
	if now := successors()[pattern]; now != "" {
		return "it is " + now + " now"
	}
	var siblings []string
	for _, k := range p.keys {
		siblings = append(siblings, k.name)
	}
	if dashed := strings.ReplaceAll(key, "_", "-"); dashed != key && slices.Contains(siblings, dashed) {
		return "keys are written with dashes: " + dashed
	}
	if elsewhere := sectionsOf(key); len(elsewhere) == 1 {
		return "it belongs to " + elsewhere[0]
	}
	if near := Nearest(key, siblings); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// sectionsOf is where a key of this name is declared; names as common as
// enable are in many places and so no advice.
func sectionsOf(key string) (sections []string) {
	for _, k := range Keys() {
		section, name := cutLast(k.Pointer)
		if name == key && section != "" {
			sections = append(sections, section)
		}
	}
	return sections
}

// cutLast splits a pointer before its last token.
func cutLast(pointer string) (section, name string) {
	i := strings.LastIndexByte(pointer, '/')
	return pointer[:max(i, 0)], pointer[i+1:]
}

// Nearest is the candidate that few typing mistakes turn into word, "" if
// there is none.
func Nearest(word string, candidates []string) string {
	best, least := "", min(2, len(word)/3)+1
	if len(word) > 40 {
		return ""
	}
	word = strings.ToLower(strings.ReplaceAll(word, "_", "-"))
	for _, candidate := range candidates {
		d := distance(word, candidate)
		if d < least || d == least && best != "" && strings.HasPrefix(candidate, word) {
			best, least = candidate, d
		}
	}
	return best
}

// distance is how many insertions, deletions, replacements and swaps of
// neighbours turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
