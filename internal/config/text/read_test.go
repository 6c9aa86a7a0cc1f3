// SPDX-License-Identifier: Apache-2.0

package text

import (
	"testing"

	"kresd-manager/internal/config/tree"
)

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
			n, problems := Read("", []byte(test.text))
			if test.want == "" {
				if len(problems) == 0 {
					t.Errorf("accepted: %s", tree.AppendJSON(nil, &n))
				}
				return
			}
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if got := string(tree.AppendJSON(nil, &n)); got != test.want {
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
			n, problems := Read("", []byte(test.text))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if got := string(tree.AppendJSON(nil, &n)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
