// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

const commented = `# The resolver of the house.
workers: 2   # one per core

# Who asks
network:
  listen:
    - interface: 127.0.0.1   # here
      port: 53
    # the house
    - interface: "192.0.2.1"
      kind: 'dns'
  do-ipv6: yes
local-data:
  addresses: {printer.home: 192.0.2.7, "nas.home": [192.0.2.8, 192.0.2.9]} # things
  rules:
  - name: [a.example]   # first
    subtree: empty
  # the last comment

logging:
  groups: [manager, cache]
lua:
  script: |
    -- # no comment of YAML
    print("x")
  # end
`

func TestSaveKeepsTheRest(t *testing.T) {
	for _, test := range []struct{ name, text, patch, want string }{
		{"nothing", "a: 1 # c\n", `[]`, "a: 1 # c\n"},
		{"a number", commented, `[{"op":"replace","path":"/workers","value":4}]`, "s/workers: 2 /workers: 4 /"},
		{"a quoted text", commented, `[{"op":"replace","path":"/network/listen/1/interface","value":"192.0.2.2"}]`, `s/"192.0.2.1"/"192.0.2.2"/`},
		{"a text in single quotes", commented, `[{"op":"replace","path":"/network/listen/1/kind","value":"it's"}]`, `s/'dns'/'it''s'/`},
		{"a boolean", commented, `[{"op":"replace","path":"/network/do-ipv6","value":false}]`, `s/yes/false/`},
		{"a new key at the end of an object", commented, `[{"op":"add","path":"/network/do-ipv4","value":true}]`, "s/do-ipv6: yes\n/do-ipv6: yes\n  do-ipv4: true\n/"},
		{"a new object", commented, `[{"op":"add","path":"/dns64","value":{"prefix":"64:ff9b::/96","exclude-subnets":["::/8"]}}]`,
			"s/print(\"x\")\n/print(\"x\")\ndns64:\n  prefix: 64:ff9b::\\/96\n  exclude-subnets:\n    - \"::\\/8\"\n/"},
		{"a key goes, its comment with it", commented, `[{"op":"remove","path":"/workers"}]`, "s/workers: 2   # one per core\n//"},
		{"an element goes", commented, `[{"op":"remove","path":"/network/listen/0"}]`, "s/    - interface: 127.0.0.1   # here\n      port: 53\n//"},
		{"a first key of an element goes", commented, `[{"op":"remove","path":"/network/listen/0/interface"}]`, "s/interface: 127.0.0.1   # here\n      //"},
		{"an element is added", commented, `[{"op":"add","path":"/network/listen/-","value":{"interface":"::1","port":53}}]`,
			"s/kind: 'dns'\n/kind: 'dns'\n    - interface: \"::1\"\n      port: 53\n/"},
		{"an element is put in front", commented, `[{"op":"add","path":"/network/listen/0","value":{"interface":"lo"}}]`,
			"s/    - interface: 127/    - interface: lo\n    - interface: 127/"},
		{"a name in braces", commented, `[{"op":"add","path":"/local-data/addresses/cam.home","value":"192.0.2.10"}]`, "s/192.0.2.9]}/192.0.2.9], cam.home: 192.0.2.10}/"},
		{"a name in braces goes", commented, `[{"op":"remove","path":"/local-data/addresses/printer.home"}]`, "s/printer.home: 192.0.2.7, //"},
		{"the last in braces goes", commented, `[{"op":"remove","path":"/local-data/addresses/nas.home"}]`, `s/, "nas.home": [192.0.2.8, 192.0.2.9]//`},
		{"an element in brackets", commented, `[{"op":"add","path":"/logging/groups/0","value":"io"},{"op":"remove","path":"/logging/groups/1"}]`, "s/[manager, cache]/[io, cache]/"},
		{"lines of a text", commented, `[{"op":"replace","path":"/lua/script","value":"print('y')\n\nprint('z')\n"}]`,
			"s/-- # no comment of YAML\n    print(\"x\")/print('y')\n\n    print('z')/"},
		{"a text becomes an object", commented, `[{"op":"replace","path":"/workers","value":{"a":1}}]`, "s/workers: 2   # one per core\n/workers:   # one per core\n  a: 1\n/"},
		{"an object becomes a text", commented, `[{"op":"replace","path":"/network","value":"x"}]`,
			"s/network:\n  listen:\n    - interface: 127.0.0.1   # here\n      port: 53\n    # the house\n    - interface: \"192.0.2.1\"\n      kind: 'dns'\n  do-ipv6: yes\n/network: x\n/"},
		{"an empty object is filled", "a: {} # none\nb: 1\n", `[{"op":"add","path":"/a/x","value":1}]`, "a: # none\n  x: 1\nb: 1\n"},
		{"the whole was empty", "# nothing\n{}\n# end\n", `[{"op":"add","path":"/a","value":{"b":[1,"x"]}}]`, "# nothing\na:\n  b:\n    - 1\n    - x\n# end\n"},
		{"the whole becomes empty", "# a\na: 1\n# end\n", `[{"op":"remove","path":"/a"}]`, "# a\n{}\n# end\n"},
		{"a null that is not written", "a: # none\nb:\n", `[{"op":"replace","path":"/a","value":1},{"op":"replace","path":"/b","value":[1]}]`, "a: 1 # none\nb:\n  - 1\n"},
		{"CR LF", "a: 1 # c\r\nb:\r\n  - x\r\n", `[{"op":"replace","path":"/a","value":2},{"op":"add","path":"/b/-","value":"y"}]`, "a: 2 # c\r\nb:\r\n  - x\r\n  - \"y\"\r\n"},
		{"no line end", "a: 1", `[{"op":"add","path":"/b","value":2}]`, "a: 1\nb: 2"},
		{"marks of a document", "%YAML 1.1\n---\na: 1 # c\n...\n", `[{"op":"add","path":"/b","value":2}]`, "%YAML 1.1\n---\na: 1 # c\nb: 2\n...\n"},
		{"a byte order mark", "\uFEFFa: 1\n", `[{"op":"replace","path":"/a","value":2}]`, "\uFEFFa: 2\n"},
		{"an alias that stays", "a: &x [1]\nb: *x\nc: 1\n", `[{"op":"replace","path":"/c","value":2}]`, "a: &x [1]\nb: *x\nc: 2\n"},
		{"an anchor that is used elsewhere", "a: &x\n  k: 1 # one\nb: *x # same\n", `[{"op":"replace","path":"/a/k","value":2}]`, "a: &x\n  k: 2 # one\nb: # same\n  k: 1\n"},
		{"an alias is replaced", "a: &x 1\nb: *x # same\n", `[{"op":"replace","path":"/b","value":2}]`, "a: &x 1\nb: 2 # same\n"},
		{"a tag", "a: !!str 5 # five\n", `[{"op":"replace","path":"/a","value":"6"}]`, "a: \"6\" # five\n"},
		{"texts that look like others", "a: 1\n", `[{"op":"replace","path":"/a","value":["yes","010","1:30","2001-01-01","~","", "a: b","- x","#x","é","a b","null","1e3","::1","2001:db8::1","\u0007"]}]`,
			"a:\n  - \"yes\"\n  - \"010\"\n  - \"1:30\"\n  - \"2001-01-01\"\n  - \"~\"\n  - \"\"\n  - \"a: b\"\n  - \"- x\"\n  - \"#x\"\n  - \"é\"\n  - a b\n  - \"null\"\n  - \"1e3\"\n  - \"::1\"\n  - 2001:db8::1\n  - \"\\u0007\"\n"},
		{"numbers", "a: 1\n", `[{"op":"replace","path":"/a","value":[1e3,1.5,-0.0,1E-5]}]`, "a:\n  - 1.0e+3\n  - 1.5\n  - -0.0\n  - 1.0e-5\n"},
		{"comments in brackets", "a: [\n  1, # one\n  # two\n  2,\n  3, # three\n]\n", `[{"op":"remove","path":"/a/1"}]`, "a: [\n  1, # one\n  # two\n  \n  3, # three\n]\n"},
		{"comments in brackets, the last goes", "a: {\n  x: 1, # one\n  # two\n  y: '#',\n}\n", `[{"op":"remove","path":"/a/y"}]`, "a: {\n  x: 1, # one\n  # two\n  \n}\n"},
		{"lines in brackets", "a: [\n  1, # one\n  2\n]\n", `[{"op":"add","path":"/a/-","value":"x:y"}]`, "a: [\n  1, # one\n  2,\n  \"x:y\"\n]\n"},
		{"a text over several lines", "a: one\n  two\n\n  three # c\nb: 'x\n  ''y'''\nc: \"\\\"\\\n  z\"\n", `[{"op":"replace","path":"/a","value":1},{"op":"replace","path":"/b","value":2},{"op":"replace","path":"/c","value":3}]`, "a: 1 # c\nb: 2\nc: 3\n"},
		{"comments in front of what moves up", "l:\n- a: 1 # one\n  # two\n  b: 2\n", `[{"op":"remove","path":"/l/0/a"}]`, "l:\n-\n  # two\n  b: 2\n"},
		{"lists of lists", "l:\n- - 1\n  - 2\n- - 3\n", `[{"op":"remove","path":"/l/0/0"},{"op":"add","path":"/l/1/-","value":4}]`, "l:\n- - 2\n- - 3\n  - 4\n"},
		{"JSON in lines", "{\n    \"a\": 1,\n    \"b\": {\n        \"c\": [1]\n    }\n}\n", `[{"op":"add","path":"/b/d","value":{"e":1}},{"op":"replace","path":"/a","value":"x"}]`,
			"{\n    \"a\": \"x\",\n    \"b\": {\n        \"c\": [1],\n        \"d\": {\n            \"e\": 1\n        }\n    }\n}\n"},
		{"JSON in a line", `{"a":1,"b":[1,2,3]}`, `[{"op":"remove","path":"/a"},{"op":"add","path":"/c","value":{"x":[]}},{"op":"remove","path":"/b/2"}]`, `{"b":[1,2], "c":{"x": []}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			running, err := mustParse(t, test.text).Patch([]byte(test.patch))
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if rest, ok := strings.CutPrefix(want, "s/"); ok { // what is replaced
				parts := strings.Split(strings.ReplaceAll(rest, `\/`, "\x00"), "/")
				if !strings.Contains(test.text, strings.ReplaceAll(parts[0], "\x00", "/")) {
					t.Fatalf("the text has no %q", parts[0])
				}
				want = strings.Replace(test.text, strings.ReplaceAll(parts[0], "\x00", "/"), strings.ReplaceAll(parts[1], "\x00", "/"), 1)
			}
			got, err := Save([]byte(test.text), running)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestSaveRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"explicit keys": "? a\n: 1\n",
		"old line ends": "a: 1\rb: 2\r",
	} {
		t.Run(name, func(t *testing.T) {
			running, err := mustParse(t, text).Put("/z", mustParse(t, "[1]"))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Save([]byte(text), running); !errors.Is(err, ErrCannotSave) {
				t.Errorf("got %q, error %v", got, err)
			}
		})
	}
	if _, err := Save([]byte("a: [\n"), mustParse(t, "{}")); err == nil || errors.Is(err, ErrCannotSave) {
		t.Errorf("got error %v", err)
	}
}

func TestSaveTOML(t *testing.T) {
	const text = "# top\nworkers = 2 # two\n\n[network]\n  do-ipv6 = true # six\n  edns-buffer-size = \"1232B\"\n\n[local-data.addresses]\n\"a.example\" = [\"192.0.2.1\"] # a\n[[views]]\ntags = [\"x\"]\n"
	for _, test := range []struct{ name, patch, from, to string }{
		{"a value", `[{"op":"replace","path":"/workers","value":4}]`, "workers = 2", "workers = 4"},
		{"a list", `[{"op":"add","path":"/local-data/addresses/a.example/-","value":"192.0.2.2"}]`, `["192.0.2.1"]`, `["192.0.2.1", "192.0.2.2"]`},
		{"a new key", `[{"op":"add","path":"/network/do-ipv4","value":false}]`, "\"1232B\"\n", "\"1232B\"\n  do-ipv4 = false\n"},
		{"a new name", `[{"op":"add","path":"/local-data/addresses/b.example","value":"192.0.2.2"}]`, "# a\n", "# a\n\"b.example\" = \"192.0.2.2\"\n"},
		{"a new section", `[{"op":"add","path":"/dns64","value":{"prefix":"64:ff9b::/96"}}]`, "# two\n", "# two\ndns64 = {prefix = \"64:ff9b::/96\"}\n"},
		{"a key goes", `[{"op":"remove","path":"/network/do-ipv6"}]`, "  do-ipv6 = true # six\n", ""},
		{"a key of a table in a list", `[{"op":"add","path":"/views/0/x","value":1}]`, "tags = [\"x\"]\n", "tags = [\"x\"]\nx = 1\n"},
		{"a table goes", `[{"op":"remove","path":"/views"}]`, "", ""},
		{"another table in a list", `[{"op":"add","path":"/views/-","value":{"x":1}}]`, "", ""},
		{"a null", `[{"op":"replace","path":"/workers","value":null}]`, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			running, err := mustParse(t, text).Patch([]byte(test.patch))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Save([]byte(text), running)
			if test.from == "" {
				if !errors.Is(err, ErrCannotSave) {
					t.Errorf("got %s, error %v", got, err)
				}
				return
			}
			if want := strings.Replace(text, test.from, test.to, 1); err != nil || string(got) != want {
				t.Errorf("error %v, got\n%s\nwant\n%s", err, got, want)
			}
		})
	}
}

func TestSaveSeveralFiles(t *testing.T) {
	texts := [][]byte{[]byte("# one\nworkers: 2\nnetwork:\n  do-ipv4: true # four\n"), []byte("# two\nnetwork:\n  do-ipv6: true\nlua: {script: x}\n")}
	running := mustParse(t, "{workers: 3, network: {do-ipv4: false, do-ipv6: false, edns-buffer-size: 1232}, lua: {script: y, z: 1}, new: 1}")
	got, err := SaveFiles(texts, running)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# one\nworkers: 3\nnetwork:\n  do-ipv4: false # four\n  edns-buffer-size: 1232\nnew: 1\n"; string(got[0]) != want {
		t.Errorf("got\n%s\nwant\n%s", got[0], want)
	}
	if want := "# two\nnetwork:\n  do-ipv6: false\nlua: {script: \"y\", z: 1}\n"; string(got[1]) != want {
		t.Errorf("got\n%s\nwant\n%s", got[1], want)
	}
}

// Whatever was changed, the text means it, and the comments of what was not
// changed are there.
func TestSaveMeansWhatRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := drawDocument(t, "document")
		text := string(doc.JSON())
		notes := map[string]string{} // pointer to comment
		if rapid.IntRange(0, 4).Draw(t, "format") > 0 {
			w := styler{t: t, notes: notes}
			w.object(&doc.root, 0, &tree.Place{})
			text = w.b.String()
			if rapid.Bool().Draw(t, "CR LF") {
				text = strings.ReplaceAll(text, "\n", "\r\n")
			}
		}
		if again := parseIn(t, []byte(text)); again.ETag() != doc.ETag() {
			t.Fatalf("the test writes %q for %s", text, doc.JSON())
		}
		running := edits(t, doc)
		if running.root.Kind != tree.Object {
			return
		}
		got, err := Save([]byte(text), running)
		if err != nil {
			t.Fatalf("%s\nto %s: %v", text, running.JSON(), err)
		}
		if parseIn(t, got).ETag() != running.ETag() {
			t.Fatalf("%q means something else", got)
		}
		for pointer, note := range notes {
			before, _ := doc.Value(pointer)
			after, err := running.Value(pointer)
			if err == nil && string(before) == string(after) && !strings.ContainsAny(pointer, "0123456789") && !strings.Contains(string(got), note+"\n") && !strings.Contains(string(got), note+"\r") {
				t.Fatalf("%s\nto %s\nlost %s: %s", text, got, pointer, note)
			}
		}
	})
}

// styler writes YAML as people do: in any style, with comments.
type styler struct {
	t     *rapid.T
	b     strings.Builder
	notes map[string]string
}

func (w *styler) chance(label string) bool { return rapid.IntRange(0, 2).Draw(w.t, label) == 0 }

func (w *styler) note(at *tree.Place, lead string) string {
	note := "# note " + string(rune('a'+len(w.notes)%26)) + strings.Repeat("!", len(w.notes)/26)
	w.notes[at.Pointer()] = note
	return lead + note
}

func (w *styler) object(n *tree.Node, column int, at *tree.Place) {
	if n.Len() == 0 {
		w.b.WriteString("{}\n")
		return
	}
	for i := range n.Len() {
		m := n.Member(i)
		here := &tree.Place{Up: at, Key: m.Key}
		if i > 0 || column == 0 {
			if w.chance("blank") {
				w.b.WriteString("\n")
			}
			if w.chance("note above") {
				w.b.WriteString(strings.Repeat(" ", column) + w.note(here, "") + "\n")
			}
			w.b.WriteString(strings.Repeat(" ", column))
		}
		w.b.WriteString(string(tree.AppendText(nil, m.Key)) + ":")
		w.after(&m.Value, column, here, false)
	}
}

// after writes what stands after a colon or dash in a column.
func (w *styler) after(n *tree.Node, column int, at *tree.Place, dash bool) {
	indent := column + rapid.SampledFrom([]int{2, 4}).Draw(w.t, "indent")
	switch {
	case n.Len() == 0 || w.chance("flow"):
		text := new(text.Style).Flow(n, 0)
		if json := string(tree.AppendJSON(nil, n)); w.chance("JSON") && !strings.Contains(json, "e+") {
			text = json
		}
		if n.Kind == tree.Null && w.chance("nothing") {
			text = ""
		}
		if n.Kind == aText && strings.Contains(n.Text, "\n") && w.chance("literal") {
			w.b.WriteString(" |\n" + strings.Repeat(" ", indent) + strings.ReplaceAll(strings.TrimSuffix(n.Text, "\n"), "\n", "\n"+strings.Repeat(" ", indent)) + "\n")
			return
		}
		if text != "" {
			text = " " + text
		}
		w.b.WriteString(text)
		if _, has := w.notes[at.Pointer()]; !has && w.chance("note") {
			w.b.WriteString(w.note(at, " "))
		}
		w.b.WriteString("\n")
	case n.Kind == tree.Object && dash && w.chance("compact"):
		w.b.WriteString(" ")
		w.object(n, column+2, at)
	case n.Kind == tree.Object:
		w.b.WriteString("\n" + strings.Repeat(" ", indent))
		w.object(n, indent, at)
	default:
		w.b.WriteString("\n")
		if !dash && w.chance("dashes") {
			indent = column
		}
		for i := range n.Len() {
			here := &tree.Place{Up: at, Index: i, List: true}
			if w.chance("note above") {
				w.b.WriteString(strings.Repeat(" ", indent) + w.note(here, "") + "\n")
			}
			w.b.WriteString(strings.Repeat(" ", indent) + "-")
			w.after(&n.Member(i).Value, indent, here, true)
		}
	}
}

const aText = tree.Text
