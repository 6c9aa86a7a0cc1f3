// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFormatIsFoundFromTheText(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an object in braces", ` {"a": 1} `, "json"},
		{"a scalar of JSON", `"x"`, "json"},
		{"a list in brackets", `[1]`, "json"},
		{"duplicate keys are still JSON", `{"a":1,"a":2}`, "json"},
		{"a trailing comma is not", `{"a": 1,}`, "yaml"},
		{"a comment is not", "# x\n{\"a\": 1}", "yaml"},
		{"a block mapping", "a: 1\n", "yaml"},
		{"a word", "auto", "yaml"},
		{"nothing", "", "yaml"},
		{"a TOML key", "# c\n\n a-b_1 = 1\n", "toml"},
		{"a dotted TOML key", `a . "b c" . 'd' = 1`, "toml"},
		{"a TOML table", "[a.b] # c\n", "toml"},
		{"a TOML array of tables", "[[ forward ]]\n", "toml"},
		{"a list of YAML", "[a, b]\n", "yaml"},
		{"a key with an equals sign in its value", "a: b = c\n", "yaml"},
		{"a byte order mark", "\ufeff{}", "json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := FormatOf([]byte(test.text)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestYAMLIsReadAsKnotResolverReadsIt(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"booleans", "[yes, No, TRUE, false, on, Off]", `[true,false,true,false,true,false]`},
		{"no booleans", "[y, n, Y, tRue, oN]", `["y","n","Y","tRue","oN"]`},
		{"null", "[~, null, Null, NULL, nUll]", `[null,null,null,null,"nUll"]`},
		{"an empty value", "a:\n", `{"a":null}`},
		{"octal", "[010, 0, -017, 08, 0o17]", `[8,0,-15,"08","0o17"]`},
		{"other bases", "[0x1F, 0b101, +0x_1]", `[31,5,1]`},
		{"underscores", "[1_000, 1__0, _1]", `[1000,10,"_1"]`},
		{"base sixty", "[1:30, -1:30, 1:2:3:4:5:6:7:8, 1:60, 0:30]", `[90,-90,2895057742028,"1:60","0:30"]`},
		{"large integers", "[123456789012345678901234567890]", `[123456789012345678901234567890]`},
		{"floats", "[1.5, 1., .5, 1.0e+3, -1_0.5, 1:30.5]", `[1.5,1.0,0.5,1.0e+3,-10.5,90.5]`},
		{"no floats", "[1e3, 1.0e3, -.5, 1.2.3, ., +]", `["1e3","1.0e3","-.5","1.2.3",".","+"]`},
		{"addresses", "[192.0.2.1, 2001:db8::1, ::1, 10.0.0.0/8]", `["192.0.2.1","2001:db8::1","::1","10.0.0.0/8"]`},
		{"no dates", "[2001-1-1, 2001-01-01x, 20010101]", `["2001-1-1","2001-01-01x",20010101]`},
		{"quotes make strings", `["yes", '010', "<<", "2001-01-01", ""]`, `["yes","010","<<","2001-01-01",""]`},
		{"tags", `[!!str yes, !!int "5", !!bool "on", !!float 1, !!null "", ! 010]`, `["yes",5,true,1.0,null,"010"]`},
		{"anchors", "a: &x {b: [1]}\nc: *x\n", `{"a":{"b":[1]},"c":{"b":[1]}}`},
		{"an anchor on a key", "&x a: *x\n*x : 1\nb: 2\n", ``},
		{"block texts", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", `{"a":"x\ny\n","b":"x y"}`},
		{"document marks", "---\na: 1\n...\n", `{"a":1}`},
		{"a version that is ignored", "# c\n%YAML 1.2\n---\na: yes\n", `{"a":true}`},
		{"a byte order mark", "\ufeffa: 1\n", `{"a":1}`},
		{"flow style with a trailing comma", `{"a": 1,}`, `{"a":1}`},
		{"CRLF", "a: 1\r\nb: 2\r\n", `{"a":1,"b":2}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse("c", []byte(test.text))
			if test.want == "" {
				if err == nil {
					t.Errorf("accepted: %s", d.JSON())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := string(d.JSON()); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestTOMLValues(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"integers", "a = [0x1F, 0o17, 0b11, 1_000, -5, +5]", `{"a":[31,15,3,1000,-5,5]}`},
		{"floats", "a = [1.5, -1e3, 1E+2, 1_0.5, +0.1]", `{"a":[1.5,-1e3,1E+2,10.5,0.1]}`},
		{"strings", `a = ["x\ty\u00e9\U0001F600\"\\", 'raw\n', "#"]`, `{"a":["x\tyé😀\"\\","raw\\n","#"]}`},
		{"blocks", "a = \"\"\"\nx\\\n   y\n\"z\"\"\"\"\nb = '''\nx\\\n'y'''\n", `{"a":"xy\n\"z\"","b":"x\\\n'y"}`},
		{"keys", "\"a b\".'c.d'.e = 1\n\"\" = 2\n", `{"a b":{"c.d":{"e":1}},"":2}`},
		{"inline tables", "a = {b.c = 1, d = [{e = 2}, {}]}\n", `{"a":{"b":{"c":1},"d":[{"e":2},{}]}}`},
		{"tables in any order", "[a.b]\nx = 1\n[c]\n[a]\ny = 2\n", `{"a":{"b":{"x":1},"y":2},"c":{}}`},
		{"arrays of tables", "[[a]]\nx = 1\n[a.b]\ny = 2\n[[a]]\n[[a.c]]\nz = 3\n", `{"a":[{"x":1,"b":{"y":2}},{"c":[{"z":3}]}]}`},
		{"lists on many lines", "a = [ # c\n 1, # d\n 2,\n]\n", `{"a":[1,2]}`},
		{"CRLF", "a = 1\r\nb = \"\"\"\r\nx\"\"\"\r\n", `{"a":1,"b":"x"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse("c", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(d.JSON()); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

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
		{"a key twice in TOML", "a = 1\nb = 2\na = 3\n", "c:3:1: not valid TOML: key 'a' has already been defined"},
		{"several at once", "a: 1\na: 2\nb: !x 1\n", "c:2:1: /a: the key \"a\" is given twice; it stands first in line 1\nc:3:4: /b: the tag !x is not supported; remove it"},
		{"a comma that is missing in JSON", "{\"a\": 1\n \"b\": 2}", `c:2:2: not valid JSON: expected ',' or '}', found '"'`},
		{"JSON that ends early", `{"a": [1`, `c:1:9: not valid JSON: expected ',' or ']', found the end of the text`},
		{"a list and a table of one name in TOML", "a = [1]\na.b = 2\n", `c:2:1: not valid TOML: the key "a" has a value already`},
		{"a date in TOML", "a = 2001-01-01 10:00:00\nb = 10:00:00\n",
			"c:1:5: /a: 2001-01-01 10:00:00 is a date or time, which no key takes; write it in quotes\nc:2:5: /b: 10:00:00 is a date or time, which no key takes; write it in quotes"},
		{"infinity in TOML", "[[a]]\nb = [inf, -nan]\n", "c:2:6: /a/0/b/0: inf is not a finite number\nc:2:11: /a/0/b/1: -nan is not a finite number"},
		{"an open string in TOML", "a = \"x\nb = 1\n", "c:1:7: not valid TOML: strings cannot contain newlines"},
		{"nesting of JSON", deep("["), "c:1:65: more than 64 levels of lists and objects"},
		{"nesting of objects", deep(`{"a":`), "c:1:321: more than 64 levels of lists and objects"},
		{"nesting of YAML", "a: " + deep("["), ""},
		{"nesting of YAML blocks", "x: " + deep("- "), ""},
		{"nesting of TOML", "a = " + deep("["), "c:1:68: more than 64 levels of lists and objects"},
		{"nesting of TOML tables", "a = " + deep("{a="), "c:1:194: more than 64 levels of lists and objects"},
		{"nesting of TOML keys", deep("a.") + "a = 1", "c:1:130: more than 64 levels of lists and objects"},
		{"nesting of TOML after a mistake", "a = 1 1\n" + "b = " + deep("["), "c:1:8: not valid TOML: expected \"=\""},
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
