// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawn reads the drawings of the section "Order of the units": lines of the form
//
//	A, B ──► C ──► D
//
// in blocks of code, where each of A and B has the relation to C. What is in the
// text around them is for people.
func drawn(text string) ([]edge, error) {
	_, section, ok := strings.Cut(text, "\n## Order of the units\n")
	if !ok {
		return nil, fmt.Errorf("there is no section with that name")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var all []edge
	inside := false
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "```") {
			inside = !inside
			continue
		}
		if !inside || strings.TrimSpace(line) == "" {
			continue
		}
		edges, err := chain(line)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
		all = append(all, edges...)
	}
	return all, nil
}

// chain reads one line.
func chain(line string) ([]edge, error) {
	var all []edge
	var left []string
	var is relation
	var name []string
	take := func() error {
		here := strings.Split(strings.Join(name, " "), ", ")
		name = nil
		for _, h := range here {
			if h == "" || strings.ContainsAny(h, " ,─╌═►✕│┌└├┐┘┤┬┴┼") {
				return fmt.Errorf("%q is no name of a unit", h)
			}
			for _, l := range left {
				all = append(all, edge{l, is, h})
			}
		}
		left = here
		return nil
	}
	for word := range strings.FieldsSeq(line) {
		r := relation(word)
		if !slices.Contains([]relation{before, wants, passes, conflicts}, r) {
			name = append(name, word)
			continue
		}
		if err := take(); err != nil {
			return nil, err
		}
		is = r
	}
	if is == "" {
		return nil, fmt.Errorf("there is no relation in it")
	}
	return all, take()
}

// unequal compares what is drawn with what the files say.
func unequal(drawing, files []edge) string {
	lines := func(edges []edge) []string {
		var all []string
		for _, e := range edges {
			all = append(all, e.String())
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	return cmp.Diff(lines(drawing), lines(files))
}

func drawing(t *testing.T) []edge {
	t.Helper()
	text, err := os.ReadFile("../../docs/internals/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	edges, err := drawn(string(text))
	if err != nil {
		t.Fatalf("docs/internals/architecture.md, order of the units: %v", err)
	}
	return edges
}

// What docs/internals/architecture.md draws is what the unit files and the generator say.
func TestTheOrderOfTheUnitsIsDrawn(t *testing.T) {
	edges, files := drawing(t), edgesOfFiles(t)
	if len(files) < 40 {
		t.Errorf("only %d relations were found", len(files))
	}
	if diff := unequal(edges, files); diff != "" {
		t.Errorf("docs/internals/architecture.md draws (-) and the units have (+):\n%s", diff)
	}
	for _, e := range edges {
		if n := count(edges, e); n > 1 {
			t.Errorf("%s is drawn %d times", e, n)
		}
	}
}

func count(all []edge, e edge) (n int) {
	for _, o := range all {
		if o == e {
			n++
		}
	}
	return n
}

// The comparison above finds what is in one of both alone.
func TestTheDrawingIsComparedBothWays(t *testing.T) {
	edges := drawing(t)
	for _, e := range []edge{
		{"kres-gc", before, "kresd-manager"}, {"kresd-manager", wants, "kresd.target"},
		{"kresd-manager", passes, "kres-gc"}, {"kres-gc", conflicts, "kresd-rundir"},
	} {
		if unequal(edges, append(slices.Clone(edges), e)) == "" {
			t.Errorf("no one notices that a unit file has %s, too", e)
		}
	}
	for i, e := range edges {
		if unequal(edges, slices.Delete(slices.Clone(edges), i, i+1)) == "" {
			t.Errorf("no one notices that no unit file has %s any more", e)
		}
	}
	for _, line := range []string{"a b ──► c", "a ──►", "──► a", "a, b", "a ─┬─► b", "a ──► b ──► ", "a,b ──► c"} {
		if edges, err := chain(line); err == nil {
			t.Errorf("%q is read as %v", line, edges)
		}
	}
}
