// SPDX-License-Identifier: Apache-2.0

package text

import (
	"reflect"
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

// FuzzFold holds that folding changes nothing: neither what a text means nor
// the places in it. The text is put around, into and after a run of entries.
func FuzzFold(f *testing.F) {
	run := func(indent, line string) string { return strings.Repeat(indent+line+"\n", foldMin) }
	f.Add("a:\n", "  k%: 192.0.2.1", "  z: 1\n")
	f.Add("a: |\n", "  k%: 192.0.2.1", "\n")
	f.Add("a: {\n", "  k%: 192.0.2.1", "}\n")
	f.Add("- b: c\n", "  \"k%\": [x, \"y\"]", "  more\n")
	f.Add("a: \"\n", "k%: 1", "\"\n")
	f.Add("k1: 1\n", "k%: -1", "k1: 2\n")
	f.Add("? a\n:\n", "   k%: 1:30  ", "# c\n")
	f.Add("a: &x\n", "  k%: yes", "b: *x\n")
	f.Add("[a]\n", "\"k%\" = \"x\"", "[a.k1]\n")
	f.Add("a = '''\n", "k% = \"x\"", "'''\n")
	f.Add("a = {\n", " k% = [\"x\"]", "}\n")
	f.Add("[[a]]\nk1 = 2\n", "\"k%\" = 'x'", "k0 = 1\n[[a]]\n")
	f.Add("a:\n", "- k: 192.0.2.1\n  l%: [x, 'y']", "  more: {}\n")
	f.Add("a:\n  - x: y\n", "  - k: 192.0.2.1", "    more\n  - z: 1\n")
	f.Add("a: |\n", "  - k: %\n    l: 1", "\n")
	f.Add("a: [\n", "  - k: %", "]\n")
	f.Add("a: &x\n", "-   k: yes\n    k: no", "b: *x\n")
	f.Add("- &a\n", "- \"k%\": 2001-02-02", "   - k: 1\n")
	f.Add("a:\n  -\n", "    - k%: 1\n      l: 1:30\n", "    l: 1\n")
	f.Add("a:\n", "- k: 192.0.2.1\n  l:\n    - x%\n    - 'y'", "  more: {}\n")
	f.Add("a:\n", "- k:\n  - x%\n  - 1:30\n  l:\n  - z", "  - z\n")
	f.Add("a:\n", "- k:\n    - x%\n      more", "")
	f.Add("a:\n", "- k:\n   - x%\n  - y", "")
	f.Fuzz(func(t *testing.T, before, line, after string) {
		var b strings.Builder
		b.WriteString(before)
		for i := range foldMin + 1 {
			b.WriteString(strings.ReplaceAll(line, "%", string(rune('a'+i%26))+string(rune('a'+i/26))) + "\n")
		}
		b.WriteString(after)
		src, problem := checkText(b.String() + run("", "#"))
		if problem != nil || strings.Contains(src, "\r") {
			return
		}
		if folded, runs := fold(src, ':'); runs != nil && checkYAMLText(src) == nil {
			if strings.Count(folded, "\n") != strings.Count(src, "\n") {
				t.Fatal("folding changes the number of lines")
			}
			got, gotProblems := readYAML(src)
			want, wantProblems, _ := readYAMLFolded(src, nil)
			sameOutcome(t, src, got, want, gotProblems, wantProblems)
		}
		if _, runs := fold(src, '='); runs != nil {
			got, gotProblems := readTOML(src)
			want, wantProblems, _ := readTOMLFolded(src, nil)
			sameOutcome(t, src, got, want, gotProblems, wantProblems)
		}
	})
}

func sameOutcome(t *testing.T, src string, got, want tree.Node, gotProblems, wantProblems tree.Problems) {
	gotProblems.Sort()
	wantProblems.Sort()
	if len(gotProblems)+len(wantProblems) > 0 {
		if gotProblems.Error() != wantProblems.Error() {
			t.Fatalf("%s\ngot  %v\nwant %v", src, gotProblems, wantProblems)
		}
		return
	}
	if !reflect.DeepEqual(normal(got), normal(want)) {
		t.Fatalf("%s\ngot  %+v\nwant %+v", src, got, want)
	}
}

// normal makes no difference of empty and absent members.
func normal(n tree.Node) tree.Node {
	if n.Len() == 0 {
		n.SetMembers(nil)
		return n
	}
	members := make([]tree.Member, n.Len())
	for i, m := range n.Members() {
		m.Value = normal(m.Value)
		members[i] = m
	}
	n.SetMembers(members)
	return n
}
