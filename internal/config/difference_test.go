// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kresd-manager/internal/config/tree"
)

func TestDifference(t *testing.T) {
	for _, test := range []struct{ name, from, to, want string }{
		{"nothing", `{"a":1,"b":[1.0]}`, `{"b":[1.00],"a":1}`, ""},
		{"a value", "workers: 2", "workers: 4", "~ /workers: 2 → 4\n"},
		{"kinds", `{"a":"1"}`, `{"a":1}`, "~ /a: \"1\" → 1\n"},
		{"added and removed", `{"x":{"b":"192.0.2.2"}}`, `{"x":{"a":"192.0.2.1"}}`, "+ /x/a: 192.0.2.1\n- /x/b: 192.0.2.2\n"},
		{"where it stood", `{"a":1,"gone":2,"z":3}`, `{"a":2,"z":4,"new":5}`, "~ /a: 1 → 2\n- /gone: 2\n~ /z: 3 → 4\n+ /new: 5\n"},
		{"an escaped key", `{}`, `{"a/b~":true}`, "+ /a~1b~0: true\n"},
		{"a key that plays tricks", `{}`, `{"a\n+ /b":null}`, "+ \"/a\\n+ ~1b\": null\n"},
		{"a text that plays tricks", `{}`, `{"a":"\u202ex\u001b[2J"}`, "+ /a: \"�x\\u001b[2J\"\n"},
		{"inserted in front", `{"l":["a","b","c"]}`, `{"l":["x","a","b","c"]}`, "+ /l/0: x\n"},
		{"removed from the middle", `{"l":["a","b","c"]}`, `{"l":["a","c"]}`, "- /l/1: b\n"},
		{"changed in the middle", `{"l":["a","b","c"]}`, `{"l":["a","x","c"]}`, "~ /l/1: b → x\n"},
		{"inside of an element", `{"f":[{"s":".","a":1},{"s":"x.","a":2}]}`, `{"f":[{"s":".","a":1},{"s":"x.","a":3}]}`, "~ /f/1/a: 2 → 3\n"},
		{"another element", `{"f":[{"s":"."}]}`, `{"f":[{"t":"."}]}`, `~ /f/0: {"s":"."} → {"t":"."}` + "\n"},
		{"an object for a value", `{"a":[1]}`, `{"a":{"b":[1]}}`, `~ /a: [1] → {"b":[1]}` + "\n"},
		{"the root", `[1]`, `{}`, "~ the whole configuration: [1] → {}\n"},
		{"a secret", `{"network":{"tls":{"sticket-secret":"hush"}}}`, `{"network":{"tls":{"sticket-secret":"hash"}}}`,
			"~ /network/tls/sticket-secret: (secret) → (secret)\n"},
		{"a secret of another kind", `{"network":{"tls":{"sticket-secret":["hush"]}}}`, `{"network":{"tls":{"sticket-secret":["hash"]}}}`,
			"~ /network/tls/sticket-secret: (secret) → (secret)\n"},
		{"a new secret", `{}`, `{"management":{"roles":[{"token":"hush"}]}}`, `+ /management: {"roles":[{"token":"(secret)"}]}` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Difference(mustParse(t, test.from), mustParse(t, test.to), 0)
			if got.String() != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
			if got.Empty() != (test.want == "") {
				t.Errorf("Empty is %v", got.Empty())
			}
		})
	}
}

func TestDifferenceIsBounded(t *testing.T) {
	from, to := mustParse(t, "{}"), namesFor(t, 100_000, "192.0.2.1")
	d := Difference(from, to, 0)
	if len(d.Changes) != MaxChanges || d.More != 100_002-MaxChanges {
		t.Errorf("%d changes and %d more", len(d.Changes), d.More)
	}
	if want := "… and 99902 more\n"; !strings.HasSuffix(d.String(), want) {
		t.Errorf("got %s", d)
	}
	if short := d.First(5); len(short.Changes) != 5 || short.More != 100_002-5 {
		t.Errorf("%d changes and %d more", len(short.Changes), short.More)
	}
	long := mustParse(t, `{"lua":{"script":"`+strings.Repeat("x", 100_000)+`"}}`)
	if b, err := json.Marshal(Difference(from, long, 0)); err != nil || len(b) > 1000 {
		t.Errorf("%d bytes, error %v", len(b), err)
	}
}

// The bound is generous: it is a tenth of a second on a slow machine, and what
// must not happen is that it takes minutes.
func TestDifferenceOfMuchIsQuick(t *testing.T) {
	var a, b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&a, "- n%d.example\n", i)
		if i%7 > 0 {
			fmt.Fprintf(&b, "- n%d.example\n- m%d.example\n", i, i%50)
		}
	}
	for _, pair := range [][2]*Document{
		{namesFor(t, 100_000, "192.0.2.1"), namesFor(t, 100_000, "192.0.2.2")},
		{mustParse(t, a.String()), mustParse(t, b.String())},
		{mustParse(t, strings.Repeat("- a\n- b\n", 50_000)), mustParse(t, strings.Repeat("- b\n- a\n- c\n", 40_000))},
	} {
		began := time.Now()
		d := Difference(pair[0], pair[1], 0)
		if took := time.Since(began); d.Empty() || took > time.Minute {
			t.Errorf("took %v, empty is %v", took, d.Empty())
		} else {
			t.Logf("%d changes in %v", len(d.Changes)+d.More, took)
		}
	}
}

func namesFor(t testing.TB, count int, address string) *Document {
	var b strings.Builder
	b.WriteString("local-data:\n  addresses:\n")
	for i := range count {
		fmt.Fprintf(&b, "    n%d.example: %s\n", i, address)
	}
	return mustParse(t, b.String())
}

// The changes are a patch: applied to the old configuration they give the new.
func TestDifferenceIsAPatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := drawDocument(t, "from"), drawDocument(t, "to")
		if rapid.Bool().Draw(t, "related") {
			to = edits(t, from)
		}
		d := Difference(from, to, math.MaxInt)
		got := from
		for _, c := range d.Changes {
			if c.Op != OpAdd {
				old, err := got.Value(c.Pointer)
				if err != nil || parseIn(t, old).ETag() != parseIn(t, c.Old).ETag() {
					t.Fatalf("%s: it was %s, error %v", c, old, err)
				}
			}
			value := ""
			if c.Op != OpRemove {
				value = `, "value": ` + string(c.New)
			}
			next, err := got.Patch(fmt.Appendf(nil, `[{"op": %q, "path": %q%s}]`, c.Op, c.Pointer, value))
			if err != nil {
				t.Fatalf("%s: %v", c, err)
			}
			got = next
		}
		if got.ETag() != to.ETag() {
			t.Fatalf("from %s to %s:\n%sgives %s", from.JSON(), to.JSON(), d, got.JSON())
		}
	})
}

func parseIn(t *rapid.T, text []byte) *Document {
	d, err := Parse("", text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// drawDocument makes an object of a few keys that repeat.
func drawDocument(t *rapid.T, label string) *Document {
	key := rapid.SampledFrom([]string{"a", "b", "c", "x-y", "a/b", "m~n", "local-data"})
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		scalars := []*rapid.Generator[any]{
			rapid.Map(rapid.SampledFrom([]string{"p", "q", "r", "", "1", "true", "two words", "a: b", "#", "l1\nl2\n"}), func(s string) any { return s }),
			rapid.Map(rapid.IntRange(-3, 3), func(i int) any { return i }),
			rapid.Map(rapid.Bool(), func(b bool) any { return b }),
			rapid.Map(rapid.SampledFrom([]float64{0.5, 1e30}), func(f float64) any { return f }),
			rapid.Just[any](nil),
		}
		if depth == 0 {
			return rapid.OneOf(scalars...)
		}
		return rapid.OneOf(append(scalars,
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 6), func(l []any) any { return l }),
			rapid.Map(rapid.MapOfN(key, value(depth-1), 0, 6), func(m map[string]any) any { return m }))...)
	}
	b, err := json.Marshal(rapid.MapOfN(key, value(2), 0, 5).Draw(t, label))
	if err != nil {
		t.Fatal(err)
	}
	return parseIn(t, b)
}

// edits makes a few changes at random places.
func edits(t *rapid.T, d *Document) *Document {
	for range rapid.IntRange(0, 4).Draw(t, "edits") {
		var places []string
		var walk func(n *tree.Node, at *tree.Place)
		walk = func(n *tree.Node, at *tree.Place) {
			places = append(places, at.Pointer())
			for i := range n.Len() {
				walk(&n.Member(i).Value, &tree.Place{Up: at, Key: n.Key(i), Index: i, List: n.Kind == tree.List})
			}
			if n.Kind == tree.List || n.Kind == tree.Object {
				places = append(places, at.Pointer()+"/-")
			}
		}
		walk(&d.root, &tree.Place{})
		at := rapid.SampledFrom(places).Draw(t, "at")
		var v *Document
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
		case 1:
			v = drawDocument(t, "value")
		default:
			v = parseIn(t, []byte(rapid.SampledFrom([]string{`"p"`, `"x y"`, `7`, `[]`, `{}`, `["p","q"]`, `{"a":1}`}).Draw(t, "value")))
		}
		next, err := d, error(nil)
		switch {
		case at == "":
		case v != nil && strings.HasPrefix(rapid.SampledFrom([]string{"add", "put"}).Draw(t, "how"), "a"):
			next, err = d.Patch(fmt.Appendf(nil, `[{"op":"add","path":%q,"value":%s}]`, at, v.JSON()))
		case v != nil:
			next, err = d.Put(at, v)
		case !strings.HasSuffix(at, "/-"):
			next, err = d.Delete(at)
		}
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		d = next
	}
	return d
}
