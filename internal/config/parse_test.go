// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Every one of these is refused with a place, soon, and without exhausting
// anything.
func TestBadTextsAreRefusedWithTheirPlace(t *testing.T) {
	deep := func(open string) string { return strings.Repeat(open, 100_000) }
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "c: empty configuration; write {} for all defaults"},
		{"only a comment", "# x\n", "c: empty configuration; write {} for all defaults"},
		{"an empty document", "---\n...\n", ""},
		{"NUL", "a: 1\nb: \x00\n", "c:2:4: a NUL byte is not allowed; a configuration is UTF-8 text"},
		{"NUL in a string of JSON", `{"a":"\u0000"}`, `c:1:13: not valid JSON: expected no NUL (\u0000) in a string, found '"'`},
		{"NUL in a string of YAML", `a: "\0"`, `c:1:4: /a: a NUL character is not allowed`},
		{"NUL in a string of TOML", `a = "\u0000"`, `c:1:5: /a: a NUL character is not allowed`},
		{"bytes that are no UTF-8", "ž: 1\nbž: \xff\n", "c:2:5: not valid UTF-8: byte 0xff; a configuration is UTF-8 text"},
		{"UTF-16", "\xff\xfea\x00", "c:1:1: not valid UTF-8: byte 0xff; a configuration is UTF-8 text"},
		{"half a surrogate pair", `{"a":"\ud800x"}`, `c:1:13: not valid JSON: expected a surrogate pair, found 'x'`},
		{"a control character", "a: 1\nb: x\x01", `c:2:5: not valid YAML: the control character '\x01' is not allowed`},
		{"a tab as indentation", "a:\n\tb: 1\n", "c:2:1: not valid YAML: found character that cannot start any token, while scanning for the next token"},
		{"an open list", "a: [1,\n", "c:2:1: not valid YAML: did not find expected node content, while parsing a flow node"},
		{"two documents", "a: 1\n---\nb: 2\n", "c:2:1: a second YAML document starts here; a configuration is one document"},
		{"an unknown alias", "a: *b\n", "c:1:4: not valid YAML: unknown anchor 'b' referenced"},
		{"an alias in its own anchor", "a: &x\n  b: *x\n", "c:2:6: /a/b: the alias *x is inside of its own anchor"},
		{"an unknown tag", "a: !foo 1\n", "c:1:4: /a: the tag !foo is not supported; remove it"},
		{"a tag of a set", "a: !!set {x}\n", "c:1:4: /a: the tag !!set is not supported; remove it"},
		{"a tag that does not fit", "a: !!int x\n", `c:1:4: /a: "x" is not a number; it is tagged !!int`},
		{"a date", "a: 2001-01-01\n", "c:1:4: /a: YAML reads 2001-01-01 as a date, which no key takes; write it in quotes"},
		{"a date and time", "a: 2001-1-1T1:00:00Z\n", "c:1:4: /a: YAML reads 2001-1-1T1:00:00Z as a date, which no key takes; write it in quotes"},
		{"a merge key", "a: {<<: {b: 1}}\n", "c:1:5: /a/<<: merge keys (<<) are not supported; repeat what they stand for"},
		{"an equals sign", "a: =\n", "c:1:4: /a: a plain = is not supported; write it in quotes"},
		{"infinity", "a: [.inf, .nan]\n", "c:1:5: /a/0: .inf is not a finite number\nc:1:11: /a/1: .nan is not a finite number"},
		{"a number as a key", "a: {1: x}\n", "c:1:5: /a/1: a key is a string, and YAML reads 1 as a number; write it in quotes"},
		{"a number as the first key", "1: x\n", "c:1:1: /1: a key is a string, and YAML reads 1 as a number; write it in quotes"},
		{"a boolean as a key", "on: x\n", "c:1:1: /on: a key is a string, and YAML reads on as a boolean; write it in quotes"},
		{"a list as a key", "? [a]\n: x\n", "c:1:3: a list or object cannot be a key"},
		{"an empty key", "? \n: x\n", "c:1:2: a key is empty"},
		{"a key twice in YAML", "a:\n  b: 1\n  c: 2\n  b: 3\n", `c:4:3: /a/b: the key "b" is given twice; it stands first in line 2`},
		{"a key twice in JSON", `{"a": {"b": 1, "b": 2}}`, `c:1:16: /a/b: the key "b" is given twice; it stands first in line 1`},
		{"a key twice in TOML", "a = 1\nb = 2\na = 3\n", "c:3:1: not valid TOML: the key \"a\" has a value already"},
		{"several at once", "a: 1\na: 2\nb: !x 1\n", "c:2:1: /a: the key \"a\" is given twice; it stands first in line 1\nc:3:4: /b: the tag !x is not supported; remove it"},
		{"a comma that is missing in JSON", "{\"a\": 1\n \"b\": 2}", `c:2:2: not valid JSON: expected ',' or '}', found '"'`},
		{"JSON that ends early", `{"a": [1`, `c:1:9: not valid JSON: expected ',' or ']', found the end of the text`},
		{"a list and a table of one name in TOML", "a = [1]\na.b = 2\n", `c:2:1: not valid TOML: the key "a" has a value already`},
		{"a date in TOML", "a = 2001-01-01 10:00:00\nb = 10:00:00\n",
			"c:1:5: /a: 2001-01-01 10:00:00 is a date or time, which no key takes; write it in quotes\nc:2:5: /b: 10:00:00 is a date or time, which no key takes; write it in quotes"},
		{"infinity in TOML", "[[a]]\nb = [inf, -nan]\n", "c:2:6: /a/0/b/0: inf is not a finite number\nc:2:11: /a/0/b/1: -nan is not a finite number"},
		{"an open string in TOML", "a = \"x\nb = 1\n", "c:1:7: not valid TOML: basic strings cannot have new lines"},
		{"nesting of JSON", deep("["), "c:1:65: more than 64 levels of lists and objects"},
		{"nesting of objects", deep(`{"a":`), "c:1:321: more than 64 levels of lists and objects"},
		{"nesting of YAML", "a: " + deep("["), "c:1:132: more than 64 levels of lists and objects"},
		{"nesting of YAML blocks", "x: " + deep("- "), ""},
		{"nesting of TOML", "a = " + deep("["), "c:1:10005: more than 64 levels of lists and objects"},
		{"nesting of TOML tables", "a = " + deep("{a="), "c:1:30005: more than 64 levels of lists and objects"},
		{"nesting of TOML keys", deep("a.") + "a = 1", "c:1:129: more than 64 levels of lists and objects"},
		{"nesting of TOML after a mistake", "a = 1 1\n" + "b = " + deep("["), "c:1:7: not valid TOML: expected newline but got '1'"},
		{"a long number", "a: 1" + strings.Repeat("0", 1000), "c:1:4: /a: a number of more than 400 characters"},
		{"a bomb of aliases", "a: &a [1,1,1,1,1,1,1,1]\n" + bomb("bcdefghij"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			d, err := Parse("c", []byte(test.text))
			if err == nil {
				if _, err = d.Config(testHost); err == nil {
					t.Fatal("accepted")
				}
			}
			if took := time.Since(start); took > 30*time.Second { // unbounded work would take hours
				t.Errorf("took %v", took)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" && test.want != "" {
				t.Error(diff)
			}
		})
	}
}

// bomb is a list of eight aliases for each name, to the name before it.
func bomb(names string) string {
	var b strings.Builder
	before := "a"
	for _, name := range names {
		b.WriteString(string(name) + ": &" + string(name) + " [" + strings.Repeat("*"+before+", ", 8) + "]\n")
		before = string(name)
	}
	return b.String()
}
