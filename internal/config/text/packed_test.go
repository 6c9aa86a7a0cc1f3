// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config/tree"
)

// long is a text with runs of lines and items between others.
func long() string {
	var b strings.Builder
	b.WriteString("# local\nlocal-data:\n  addresses:\n    first.example: 192.0.2.1 # alone\n")
	for i := range 100 {
		fmt.Fprintf(&b, "    'host%d.example': [192.0.2.%d, \"::%d\", 1.5, yes]\n", 999-i, i, i)
	}
	b.WriteString("    # between\n    ? middle\n    : 0x10\n")
	for i := range 77 {
		fmt.Fprintf(&b, "    %d.example:   2001:db8::%d  \n", i, i)
	}
	b.WriteString("forward:\n  - {subtree: alone.example, servers: [192.0.2.1]}\n")
	for i := range 130 {
		fmt.Fprintf(&b, "  - subtree: zone%d.example\n    servers:\n      - 192.0.2.%d\n      - '198.51.100.%d'\n    n: 0%d\n", i, i, i, i%8)
	}
	b.WriteString("  - subtree: last.example\n    servers: [192.0.2.1]\n    options: {dnssec: false}\nworkers: 2\n")
	return b.String()
}

// What is packed is what a parser reads, whoever looks at it and from where.
func TestPackedMembersAreThoseOfTheText(t *testing.T) {
	src := long()
	got, problems := ReadString(YAML, src)
	want, wantProblems, _ := readYAMLFolded(src, nil)
	if len(problems)+len(wantProblems) > 0 {
		t.Fatal(problems, wantProblems)
	}
	if !tree.Same(&got, &want) || !tree.Same(&want, &got) || !tree.Equal(&got, &want) {
		t.Error("they differ")
	}
	for name, of := range map[string]func(*tree.Node) string{
		"canonical": func(n *tree.Node) string { return string(tree.AppendCanonical(nil, n)) },
		"JSON":      func(n *tree.Node) string { return string(tree.JSON(n)) },
		"in parts": func(n *tree.Node) string {
			var b strings.Builder
			if written, err := tree.WriteJSON(&b, n); err != nil || int(written) != b.Len() {
				t.Error(written, err)
			}
			return b.String()
		},
		"count": func(n *tree.Node) string { return fmt.Sprint(tree.Count(n), tree.Depth(n), n.Len()) },
	} {
		if a, b := of(&got), of(&want); a != b {
			t.Errorf("%s: got\n%s\nwant\n%s", name, a, b)
		}
	}
	for _, pointer := range []string{"/local-data/addresses", "/forward"} {
		tokens, _ := tree.SplitPointer(pointer)
		packed, err := tree.Find(got, tokens)
		plain, err2 := tree.Find(want, tokens)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for i := range plain.Len() {
			m := plain.Member(i)
			one, next := packed.Member(i), packed.From(i)
			if a, b, c := show(one), show(next.Next()), show(m); a != c || b != c || packed.Key(i) != m.Key {
				t.Fatalf("%s/%d: %s and %s, want %s", pointer, i, a, b, c)
			}
		}
		i := 0
		for k, m := range packed.All() {
			if k != i || show(m) != show(plain.Member(i)) {
				t.Fatalf("%s/%d: %s", pointer, i, show(m))
			}
			i++
		}
		members := packed.Members()
		if i != plain.Len() || len(members) != i || show(&members[i-1]) != show(plain.Member(i-1)) {
			t.Errorf("%s: %d members, want %d", pointer, i, plain.Len())
		}
		if end := packed.From(i); end.Next() != nil {
			t.Error("there is something after the last")
		}
		find := tree.KeyFinder(&packed, 20, 120)
		for i, m := range plain.All() {
			if at, ok := find(m.Key); m.Key != "" && (ok != (20 <= i && i < 120) || ok && at != i) {
				t.Errorf("%s: %s is at %d, %v", pointer, m.Key, at, ok)
			}
		}
	}
}

// show is a member with all that is in it, and where.
func show(m *tree.Member) string {
	var b strings.Builder
	var walk func(m *tree.Member)
	walk = func(m *tree.Member) {
		fmt.Fprintf(&b, "%q %v %d %v %q %v (", m.Key, m.KeyAt, m.Value.Kind, m.Value.At, m.Value.Text, m.Value.Foreign)
		for _, inner := range m.Value.All() {
			walk(inner)
		}
		b.WriteByte(')')
	}
	walk(m)
	return b.String()
}

// An edit of a value with packed members leaves the value as it was.
func TestWhatIsPackedIsNotEdited(t *testing.T) {
	before, _ := ReadString(YAML, long())
	text := string(tree.JSON(&before))
	after, err := tree.Put(before, []string{"forward", "3", "subtree"}, tree.Node{Kind: tree.Text, Text: "other"})
	if err != nil {
		t.Fatal(err)
	}
	after, err = tree.Remove(after, []string{"local-data", "addresses", "host950.example"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(tree.JSON(&before))); diff != "" {
		t.Error(diff)
	}
	want := strings.Replace(text, `"zone2.example"`, `"other"`, 1)
	start := strings.Index(want, `"host950.example"`)
	want = want[:start] + want[start+strings.Index(want[start:], `],`)+2:]
	if diff := cmp.Diff(want, string(tree.JSON(&after))); diff != "" {
		t.Error(diff)
	}
}

// What has no room in a packed run is read all the same, and what is around it stays packed.
func TestVeryLongLinesAndItems(t *testing.T) {
	list := strings.Repeat("192.0.2.1, ", 3000) + "192.0.2.2"
	column := strings.Repeat("      - a\n", 3000)
	entries := strings.Repeat("  - k: v\n    l: w\n", 100)
	src := "forward:\n" + entries + "  - k: v\n    l:\n" + column + "  - k: v\n    l: [" + list + "]\n" + entries
	got, problems := ReadString(YAML, src)
	want, _, _ := readYAMLFolded(src, nil)
	if len(problems) > 0 || !tree.Same(&got, &want) {
		t.Errorf("%v, %d values, want %d", problems, tree.Count(&got), tree.Count(&want))
	}
	if _, runs := fold(src, ':'); len(runs) != 2 {
		t.Errorf("%d runs", len(runs))
	}
}
