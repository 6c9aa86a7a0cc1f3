// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config/tree"
)

// mustParse is a document that the test is not about.
func mustParse(t testing.TB, text string) *Document {
	t.Helper()
	d, err := Parse("config", []byte(text))
	if err != nil {
		t.Fatalf("cannot parse %q: %v", text, err)
	}
	return d
}

const baseTree = `{"rundir":"run","cache":{"storage":"cache","size-max":"10M"},"management":{"unix-socket":"run/api.sock"},"options":{"priming":false,"time-jump-detection":false},"dnssec":{"enable":false},"logging":{"level":"debug"},"network":{"listen":[{"interface":"127.0.0.1@35353"}]}}`

// The tags were taken from a running Knot Resolver 6.5.
func TestETagIsThatOfKnotResolver(t *testing.T) {
	with := func(member string) string { return baseTree[:len(baseTree)-1] + "," + member + "}" }
	for _, test := range []struct{ name, text, want string }{
		{"the empty object", `{}`, "1K9qSuGcpusRy0fITOpt"},
		{"a whole tree", baseTree, "tj2ZqMAqfJqmv700Pm7v"},
		{"an explicit null counts", with(`"nsid":null`), "6aELA5cHP4Sy6G0RgY5O"},
		{"other scripts are hashed escaped", with(`"hostname":"žluť"`), "IzjdFQGh9c_ijGCZqumN"},
		{"YAML and key order do not count", "network: {listen: [{interface: 127.0.0.1@35353}]}\nlogging:\n  level: debug\n" +
			"dnssec: {enable: no}\noptions: {time-jump-detection: off, priming: false}\n" +
			"management: {unix-socket: run/api.sock}\ncache: {size-max: 10M, storage: cache}\nrundir: run\n", "tj2ZqMAqfJqmv700Pm7v"},
		{"TOML does not count", "rundir = \"run\"\n[cache]\nstorage = 'cache'\nsize-max = \"10M\"\n[management]\nunix-socket = \"run/api.sock\"\n" +
			"[options]\npriming = false\ntime-jump-detection = false\n[dnssec]\nenable = false\n[logging]\nlevel = \"debug\"\n" +
			"[[network.listen]]\ninterface = \"127.0.0.1@35353\"\n", "tj2ZqMAqfJqmv700Pm7v"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := mustParse(t, test.text).ETag(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestCanonicalTextIsThatOfPython(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"integers of any size stay", `[12345678901234567890123, -5, -0]`, `[12345678901234567890123, -5, 0]`},
		{"floats have one spelling", `[1.0, 1.50, 1e3, 1e16, 1.5e-7, 123456789012345680.0, 0.0001, -0.0, 1e400, 1e22]`,
			`[1.0, 1.5, 1000.0, 1e+16, 1.5e-07, 1.2345678901234568e+17, 0.0001, -0.0, Infinity, 1e+22]`},
		{"keys are sorted by code point", `{"b":1,"a":2,"Z":3,"é":4,"😀":5,"￿":6}`,
			`{"Z": 3, "a": 2, "b": 1, "\u00e9": 4, "\uffff": 6, "\ud83d\ude00": 5}`},
		{"all but printable ASCII is escaped", "{\"k\":\"\\b\\f\\n\\r\\t\\u001f\u007f\\\"\\\\/\u2028\"}",
			`{"k": "\b\f\n\r\t\u001f\u007f\"\\/\u2028"}`},
		{"containers are spaced", `{"l":[[],{},null,true]}`, `{"l": [[], {}, null, true]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := mustParse(t, test.text)
			if got := string(tree.AppendCanonical(nil, &d.root)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestJSONIsWhatTheAuthorWrote(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"order, numbers and texts of JSON", "{ \"z\" : 1.50 , \"a\" : [ 12345678901234567890 , 1e5 ] , \"t\" : \"A\\u00e9\\n<&>\" }",
			`{"z":1.50,"a":[12345678901234567890,1e5],"t":"Aé\n<&>"}`},
		{"YAML with its own numbers", "z: 0x10\na: 1_000\nf: .5\ng: 1.50\nb: yes\nn: ~\ns: '1'\n",
			`{"z":16,"a":1000,"f":0.5,"g":1.50,"b":true,"n":null,"s":"1"}`},
		{"TOML in the order of its text", "z = 0x10\na.c = 1_000\nf = +1.5\na.b = 2\n[t]\nx = 1\n[[l]]\ny = 1\n[[l]]\n",
			`{"z":16,"a":{"c":1000,"b":2},"f":1.5,"t":{"x":1},"l":[{"y":1},{}]}`},
		{"a scalar", `"x"`, `"x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(mustParse(t, test.text).JSON()); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// The document of RFC 6901 section 5, with a list element and its neighbours.
func TestValueFollowsPointers(t *testing.T) {
	d := mustParse(t, `{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,"o":{"~1":9}}`)
	for _, test := range []struct{ pointer, want string }{
		{"/foo", `["bar","baz"]`}, {"/foo/0", `"bar"`}, {"/", "0"}, {"/a~1b", "1"}, {"/c%d", "2"}, {"/e^f", "3"},
		{"/g|h", "4"}, {`/i\j`, "5"}, {`/k"l`, "6"}, {"/ ", "7"}, {"/m~0n", "8"}, {"/o/~01", "9"},
	} {
		got, err := d.Value(test.pointer)
		if err != nil || string(got) != test.want {
			t.Errorf("%q: got %s, %v; want %s", test.pointer, got, err, test.want)
		}
	}
	if whole, err := d.Value(""); err != nil || string(whole) != string(d.JSON()) {
		t.Errorf("the empty pointer: %s, %v", whole, err)
	}
	for _, pointer := range []string{"/nope", "/foo/2", "/foo/-", "/foo/99999999999999999999", "/o/x"} {
		if _, err := d.Value(pointer); !errors.Is(err, tree.ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", pointer, err)
		}
	}
	for _, pointer := range []string{"foo", "/foo/x", "/foo/01", "/foo/-1", "/foo/+1", "/foo/0/x", "/m~2n", "/m~", "/foo/"} {
		var malformed *tree.PointerError
		if _, err := d.Value(pointer); !errors.As(err, &malformed) {
			t.Errorf("%q: got %v, want a PointerError", pointer, err)
		}
	}
}

func TestReadsAreSafeFromManyGoroutines(t *testing.T) {
	d := mustParse(t, baseTree)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range 20 {
				if d.ETag() != "tj2ZqMAqfJqmv700Pm7v" || string(d.JSON()) != baseTree {
					t.Error("the document has changed")
				}
				if _, err := d.Value("/network/listen/0"); err != nil {
					t.Error(err)
				}
				if _, err := d.Put("/workers", d); err != nil {
					t.Error(err)
				}
				if _, err := d.Config(testHost); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
}

func TestProblemsPrintSortedAndComplete(t *testing.T) {
	ps := tree.Problems{
		{File: "b.yaml", Line: 2, Column: 1, Pointer: "/z", Message: "second"},
		{File: "b.yaml", Line: 1, Column: 10, Pointer: "/y", Message: "first", Hint: "do this"},
		{Pointer: "/api", Message: "no position"},
		{File: "b.yaml", Message: "the file as a whole"},
		{File: "b.yaml", Line: 3, Pointer: "/w", Message: "odd", Severity: tree.SeverityWarning},
	}
	want := `/api: no position
b.yaml:1:10: /y: first; do this
b.yaml:2:1: /z: second
b.yaml:3: /w: warning: odd
b.yaml: the file as a whole`
	if diff := cmp.Diff(want, ps.Error()); diff != "" {
		t.Error(diff)
	}
	if ps[0].Message != "second" {
		t.Error("Error has sorted its receiver")
	}
	if err := (tree.Problems{ps[4]}).Errors(); err != nil {
		t.Errorf("a warning is an error: %v", err)
	}
}

func TestPosition(t *testing.T) {
	yaml := mustParse(t, "workers: 2\nnetwork:\n  listen:\n    - {interface: lo,  kind: dot}\nlocal-data: {addresses: {ž: 192.0.2.1, a/b: &x\n  [192.0.2.2]}}\n")
	combined, err := Combine(parseAll(t, "\nworkers: 2\ncache: {storage: /c}", "{\"cache\":\n {\"size-max\": \"1G\"}}", "[network]\nlisten = [{interface='lo'}]")...)
	if err != nil {
		t.Fatal(err)
	}
	edited, err := yaml.Put("/workers", yaml)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		doc     *Document
		pointer string
		want    string
	}{
		{"YAML scalar", yaml, "/workers", "config:1:10"},
		{"YAML root", yaml, "", "config:1:1"},
		{"YAML mapping", yaml, "/network", "config:3:3"},
		{"YAML list element", yaml, "/network/listen/0", "config:4:7"},
		{"YAML flow", yaml, "/network/listen/0/kind", "config:4:30"},
		{"columns are characters", yaml, "/local-data/addresses/ž", "config:5:29"},
		{"escaped", yaml, "/local-data/addresses/a~1b/0", "config:6:4"},
		{"no such key", yaml, "/nsid", ""},
		{"after the list", yaml, "/network/listen/-", ""},
		{"no pointer", yaml, "workers", ""},
		{"JSON", mustParse(t, "{\n \"workers\":  2}"), "/workers", "config:2:14"},
		{"TOML", mustParse(t, "# a\nworkers = 2\n"), "/workers", "config:2:11"},
		{"TOML table", mustParse(t, "[cache.prefetch]\nexpiring = true\n"), "/cache/prefetch/expiring", "config:2:12"},
		{"first of several", combined, "/workers", "a:2:10"},
		{"joined, first", combined, "/cache/storage", "a:3:18"},
		{"joined, second", combined, "/cache/size-max", "b:2:15"},
		{"third", combined, "/network/listen/0/interface", "c:2:22"},
		{"put in", edited, "/workers", ""},
		{"below what was put in", edited, "/workers/network", ""},
		{"beside what was put in", edited, "/network/listen/0", "config:4:7"},
	} {
		got := ""
		if file, line, column, ok := test.doc.Position(test.pointer); ok {
			got = fmt.Sprintf("%s:%d:%d", file, line, column)
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// A problem with a value stands where Position says.
func TestPositionIsThatOfProblems(t *testing.T) {
	docs := parseAll(t, "workers: {}\nnetwork: {listen: [{interface: [5]}]}", "{\"cache\":\n {\"size-max\": {}}}", "rundir = 5\n[logging]\nlevel = 'loud'")
	combined, err := Combine(docs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(docs, combined) {
		_, problems := d.Check(testHost)
		if len(problems) == 0 {
			t.Errorf("%s has no problem", d.JSON())
		}
		for _, p := range problems {
			file, line, column, ok := d.Position(p.Pointer)
			if !ok || file != p.File || line != p.Line || column != p.Column {
				t.Errorf("%v: got %s:%d:%d", p, file, line, column)
			}
		}
	}
}
