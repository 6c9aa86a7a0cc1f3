// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

// What is wrong with a text is told with its place and without the words of Go.
func TestBadTOMLIsRefusedInPlainWords(t *testing.T) {
	for src, want := range map[string]string{
		"a = 99999999999999999999": "1:5: not valid TOML: 99999999999999999999 has more than 64 bits",
		"a = 0x8000000000000000":   "1:5: not valid TOML: 0x8000000000000000 has more than 64 bits",
		"a = 1\nb = [1, 1e999]":    "2:9: not valid TOML: 1e999 is too large a number",
		"a = [1,":                  "1:7: not valid TOML: array is incomplete",
		"a":                        "1:1: not valid TOML: expected '=' after key",
		"[a":                       "1:2: not valid TOML: expected ']' to close table name",
		"a = {b=1":                 "1:8: not valid TOML: inline table is incomplete",
		"a = 1 b":                  "1:7: not valid TOML: expected newline but got 'b'",
		"a = \"\x01\"":             "1:6: not valid TOML: basic strings cannot have control characters",
		"a = 01":                   "1:5: not valid TOML: integers cannot have leading zeroes",
		"a = 1__0":                 "1:6: not valid TOML: number must have at least one digit between underscores",
		"a = \"\"\"x\n":            "1:9: not valid TOML: multiline basic string not terminated by \"\"\"",
		"a = 1\nb = 2\na = 3\n":    "3:1: not valid TOML: the key \"a\" has a value already",
		"[a]\n[a]\n":               "2:2: not valid TOML: the key \"a\" has a value already",
		"a.b = 1\n[a]\n":           "2:2: not valid TOML: the key \"a\" has a value already",
		"[a.b]\n[a]\nb.c = 1\n":    "3:1: not valid TOML: the key \"b\" has a value already",
		"a = {b = 1}\n[a.c]\n":     "2:2: not valid TOML: the key \"a\" has a value already",
		"a = {b = 1}\na.c = 1\n":   "2:1: not valid TOML: the key \"a\" has a value already",
		"a = {b = 1, b = 2}\n":     "1:13: not valid TOML: the key \"b\" has a value already",
		"a = []\n[[a]]\n":          "2:3: not valid TOML: the key \"a\" has a value already",
		"[[a]]\n[a]\n":             "2:2: not valid TOML: the key \"a\" has a value already",
	} {
		_, problems := Read(TOML, []byte(src))
		if len(problems) != 1 {
			t.Errorf("%q: %v", src, problems)
			continue
		}
		if problems[0].File = "c"; problems.Error() != "c:"+want {
			t.Errorf("%q: %v, want c:%s", src, problems, want)
		}
	}
}

// Every value has its place, lists and dates, of which the library does not tell, too.
func TestPlacesInTOML(t *testing.T) {
	const src = "a = [ # one\n  [1, [2]], 'é', {x . y = [3]}, # two\n  [],\n]\n[t]\nb   =\t[ [ ] ]\n[[l]]\n[[ l ]]\nc = \"\"\"\nx\"\"\"\n"
	n, problems := Read(TOML, []byte(src))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for pointer, want := range map[string]tree.Position{
		"/a": {Line: 1, Column: 5}, "/a/0": {Line: 2, Column: 3}, "/a/0/1": {Line: 2, Column: 7}, "/a/0/1/0": {Line: 2, Column: 8},
		"/a/1": {Line: 2, Column: 13}, "/a/2": {Line: 2, Column: 18}, "/a/2/x/y": {Line: 2, Column: 27}, "/a/2/x/y/0": {Line: 2, Column: 28},
		"/a/3": {Line: 3, Column: 3}, "/t": {Line: 5, Column: 2}, "/t/b": {Line: 6, Column: 7}, "/t/b/0": {Line: 6, Column: 9},
		"/l": {Line: 7, Column: 3}, "/l/1": {Line: 8, Column: 4}, "/l/1/c": {Line: 9, Column: 5},
	} {
		tokens, err := tree.SplitPointer(pointer)
		if err != nil {
			t.Fatal(err)
		}
		v, err := tree.Find(n, tokens)
		if err != nil || v.At != want {
			t.Errorf("%s: %+v, error %v, want %+v", pointer, v.At, err, want)
		}
	}
	_, problems = Read(TOML, []byte("a = [1, 2001-01-01 10:00:00, [10:00:00], x]\n"))
	if len(problems) != 1 || problems[0].Column != 42 {
		t.Errorf("%+v", problems)
	}
	_, problems = Read(TOML, []byte("a = [1, 2001-01-01 10:00:00, [10:00:00], [[]]]\n"))
	if len(problems) != 2 || !strings.Contains(problems[0].Message, "2001-01-01 10:00:00 is a date") || problems[0].Column != 9 || problems[1].Column != 31 {
		t.Errorf("%+v", problems)
	}
}

// The offsets where values end are those of the text.
func TestTOMLEnds(t *testing.T) {
	const src = "a = 1 # c\nb = [1, # ]\n 2 ]# d\n[c]\nd.e = {f = 'x', \"g\"=[[]]} \nh = '''\n'''\n"
	got := map[string]bool{}
	for start, end := range TOMLEnds(src) {
		got[src[start:end]] = true
	}
	for _, want := range []string{"1", "[1, # ]\n 2 ]", "{f = 'x', \"g\"=[[]]}", "'x'", "[[]]", "'''\n'''"} {
		if !got[want] {
			t.Errorf("%q is not there: %v", want, got)
		}
	}
	if len(got) != 6 {
		t.Errorf("got %v", got)
	}
}
