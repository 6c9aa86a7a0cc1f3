// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"errors"
	"testing"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// FuzzMigrate moves, renames and removes members of any text that can be read. It may
// be refused; what comes out holds what was asked for.
func FuzzMigrate(f *testing.F) {
	f.Add("a:\n  # c\n  b: 1 # d\n\n  e: {f: [g]}\nh: 'i'\n")
	f.Add("# top\na: &x\n    b: |\n      text\n    # end\nc: *x\r\nd: {}\n")
	f.Add("a:\n- b: 1\n  # c\n  d: 2\n- - e\n")
	f.Add("{\"a\": {\"b\": 1},\n \"c\": 2}")
	f.Add("a = {b = 1}\n[c]\nd = [1, # e\n 2]\n")
	f.Add("a: # none\nb:\n  c:\n    - d: x\n      e: >-\n        f\n")
	f.Fuzz(func(t *testing.T, src string) {
		from, problems := text.Read("", []byte(src))
		if len(problems) > 0 || len(src) > 1<<12 || from.Kind != tree.Object {
			return
		}
		try := func(to tree.Node, err error, move Move) {
			if err != nil || to.Kind != tree.Object {
				return
			}
			got, err := Migrate([]byte(src), &from, &to, move)
			if err != nil {
				if !errors.Is(err, ErrCannot) {
					t.Fatalf("%q: %+v: %v", src, move, err)
				}
				return
			}
			if again, problems := text.Read("", got); len(problems) > 0 || !tree.Same(&again, &to) {
				t.Fatalf("%q: %+v gives %q: %v", src, move, got, problems)
			}
		}
		var walk func(n *tree.Node, at *tree.Place, depth int)
		walk = func(n *tree.Node, at *tree.Place, depth int) {
			for i := range n.Len() {
				if i > 3 || depth > 3 {
					break
				}
				m := n.Member(i)
				here := &tree.Place{Up: at, Key: m.Key, Index: i, List: n.Kind == tree.List}
				tokens, err := tree.SplitPointer(here.Pointer())
				if err != nil {
					t.Fatal(err)
				}
				without, err := tree.Remove(from, tokens)
				try(without, err, Move{})
				for _, target := range [][]string{{"moved"}, {"new", "place"}, {from.Key(from.Len() - 1), "x y"}} {
					if err == nil {
						to, err := tree.Put(without, target, m.Value)
						try(to, err, Move{here.Pointer(), tree.JoinPointer(target)})
					}
				}
				if n.Kind == tree.Object {
					renamed := append(tokens[:len(tokens)-1:len(tokens)-1], "renamed")
					to, err := tree.Put(without, renamed, m.Value)
					try(to, err, Move{here.Pointer(), tree.JoinPointer(renamed)})
				}
				walk(&m.Value, here, depth+1)
			}
		}
		walk(&from, &tree.Place{}, 0)
	})
}
