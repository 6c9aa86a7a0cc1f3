// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

// All tests of this package, and what is fuzzed, have runs packed in halves, and the others
// have the usual bound.
func init() { halfMin = 64 }

// halved has runs be packed as on a machine with two processors.
func halved(t *testing.T) {
	before := runtime.GOMAXPROCS(2)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// manyOf are many lines and items, of which some have lists below them.
func manyOf(n int) string {
	var b strings.Builder
	b.WriteString("local-data:\n  addresses:\n")
	for i := range n {
		fmt.Fprintf(&b, "    host%d.example: 192.0.2.%d\n", i, i%256)
	}
	b.WriteString("forward:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - subtree: zone%d.example\n    servers:\n", i)
		for j := range i%3 + 1 {
			fmt.Fprintf(&b, "    - 192.0.2.%d\n", j)
		}
	}
	return b.String()
}

// Both halves are what a parser reads, and so is where they stand.
func TestHalvesAreTheWhole(t *testing.T) {
	halved(t)
	for _, n := range []int{foldMin, 100, 1001} {
		src := manyOf(n)
		got, problems := ReadString(YAML, src)
		want, wantProblems, _ := readYAMLFolded(src, nil)
		if len(problems)+len(wantProblems) > 0 {
			t.Fatal(problems, wantProblems)
		}
		if a, b := show(&tree.Member{Value: got}), show(&tree.Member{Value: want}); a != b {
			t.Errorf("%d: they differ", n)
		}
		_, runs := fold(src, ':')
		for i := range runs {
			if parts, ok := packAll(&runs[i], ':', foldedYAMLScalar); !ok || len(parts) != 2 || parts[0].Len()+parts[1].Len() != runs[i].count ||
				parts[0].Len() < runs[i].count/4 || parts[1].Len() < runs[i].count/4 {
				t.Errorf("%d: the halves of run %d: %v", n, i, parts)
			}
		}
	}
}

// What is wrong in either half is told as a parser tells it.
func TestProblemsInHalvesAreThoseOfTheWhole(t *testing.T) {
	halved(t)
	src := manyOf(500)
	for name, change := range map[string][2]string{
		"a key twice in an item of the first half":  {"zone7.example\n", "zone7.example\n    subtree: again\n"},
		"a key twice in an item of the second half": {"zone480.example\n", "zone480.example\n    subtree: again\n"},
		"a line twice, in both halves":              {"host490.example", "host3.example"},
		"a date in the second half":                 {"host490.example: 192.0.2.234", "host490.example: 2001-02-03"},
		"a date in an item of the first half":       {"zone9.example", "2001-02-03"},
	} {
		changed := strings.Replace(src, change[0], change[1], 1)
		_, got := ReadString(YAML, changed)
		_, want, _ := readYAMLFolded(changed, nil)
		if want.Sort(); len(want) == 0 || got.Error() != want.Error() {
			t.Errorf("%s: got\n%v\nwant\n%v", name, got, want)
		}
	}
}

// Who asked learns of a defect: it is not the end of the process.
func TestADefectInTheOtherHalfIsPassedOn(t *testing.T) {
	halved(t)
	_, runs := fold(manyOf(500), ':')
	defer func() {
		if p := recover(); p != "a defect" {
			t.Errorf("recovered %v", p)
		}
	}()
	_, ok := packAll(&runs[0], ':', func(word string, isQuoted bool) (tree.Node, bool) {
		if word == "host490.example" {
			panic("a defect")
		}
		return foldedYAMLScalar(word, isQuoted)
	})
	t.Errorf("packed: %v", ok)
}
