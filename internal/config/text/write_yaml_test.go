// SPDX-License-Identifier: Apache-2.0

package text

import (
	"testing"

	"kresd-manager/internal/config/tree"
)

func TestWriteYAML(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"null", `null`, "null\n"},
		{"a number", `7`, "7\n"},
		{"an exponent gets a fraction and a sign", `[1e3, 1.5E-3]`, "- 1.0e+3\n- 1.5E-3\n"},
		{"a text", `"x"`, "x\n"},
		{"texts that YAML takes for something else",
			`["yes","Off","null","~","","1","0x1f","1:30","2001-01-01","1.5","::1","a b","a: b","- a","#x","a#b","*","&a","!t","=","<<","y"]`,
			"- \"yes\"\n- \"Off\"\n- \"null\"\n- \"~\"\n- \"\"\n- \"1\"\n- \"0x1f\"\n- \"1:30\"\n- \"2001-01-01\"\n- \"1.5\"\n" +
				"- \"::1\"\n- a b\n- \"a: b\"\n- \"- a\"\n- \"#x\"\n- \"a#b\"\n- \"*\"\n- \"&a\"\n- \"!t\"\n- \"=\"\n- \"<<\"\n- \"y\"\n"},
		{"texts that need no quotes", `["auto","/run/a-b.c","127.0.0.1","127.0.0.1@53","10.0.0.0/8","a.example."]`,
			"- auto\n- /run/a-b.c\n- 127.0.0.1\n- 127.0.0.1@53\n- 10.0.0.0/8\n- a.example.\n"},
		{"empty collections", `{"a":{},"b":[],"c":[{},[]]}`, "a: {}\nb: []\nc:\n  - {}\n  - []\n"},
		{"nothing else", `{}`, "{}\n"},
		{"nested", `{"a":[{"b":1,"c":[[1,2],{"d":true}]}],"e":{"f":false}}`,
			"a:\n  - b: 1\n    c:\n      - - 1\n        - 2\n      - d: true\ne:\n  f: false\n"},
		{"several lines", `{"a":"x\n  y\n\nz\n","b":["p\nq"]}`, "a: |\n  x\n    y\n\n  z\nb:\n  - |-\n    p\n    q\n"},
		{"several lines that do not fit", `[" a\nb","a\n\n","a\r\nb","\n"]`, "- \" a\\nb\"\n- \"a\\n\\n\"\n- \"a\\r\\nb\"\n- \"\\n\"\n"},
		{"characters that need an escape", `["\u0001\t\u007f\u0085\u2028\ufeff","ž😀"]`,
			"- \"\\u0001\\t\\u007f\\u0085\\u2028\\ufeff\"\n- \"ž😀\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Write(YAML, readTree(t, tt.in))
			if err != nil || string(got) != tt.want {
				t.Errorf("%v, got\n%s\nwant\n%s", err, got, tt.want)
			}
		})
	}
}

// FuzzWriteYAML holds that what was written as YAML reads as the same JSON.
func FuzzWriteYAML(f *testing.F) {
	for _, s := range []string{
		`{"a":["yes",1,-2.5,null,true,"x\ny\n"]}`, `[[[]],{"":{"a b":" "}}]`, `"\t"`, `["a\n b\n\n c"]`, `{"a":"|\n-"}`, `["---\n..."]`,
		`["# a\n# b"]`, `{"- a":"? b"}`, `["\u0085\n\u2028x"]`, `[1e5]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before, problems := Read(JSON, in)
		if len(problems) > 0 {
			return
		}
		if text, err := Write(YAML, &before); err != nil { // it has compared
			t.Fatalf("%v of %q:\n%s", err, in, text)
		}
	})
}

// readTree reads the JSON of a test.
func readTree(t *testing.T, src string) *tree.Node {
	t.Helper()
	n, problems := Read(JSON, []byte(src))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return &n
}
