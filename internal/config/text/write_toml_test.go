// SPDX-License-Identifier: Apache-2.0

package text

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteTOML(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain values before sections",
			`{"workers":2,"cache":{"size-max":"1G","garbage-collector":{"enable":true}},"logging":{"level":"info"}}`,
			"workers = 2\n\n[cache]\nsize-max = \"1G\"\n\n[cache.garbage-collector]\nenable = true\n\n[logging]\nlevel = \"info\"\n"},
		{"a section before a plain value", `{"cache":{"size-max":"1G","prefill":{},"x":{"y":1}},"workers":2}`,
			"cache.size-max = \"1G\"\ncache.prefill = {}\ncache.x.y = 1\nworkers = 2\n"},
		{"lists of objects", `{"forward":[{"subtree":".","servers":["::1",{"address":"::2"}]},{"options":{"dnssec":true}},{}]}`,
			"[[forward]]\nsubtree = \".\"\nservers = [\n  \"::1\",\n  {address = \"::2\"},\n]\n\n[[forward]]\n\n[forward.options]\ndnssec = true\n\n[[forward]]\n"},
		{"lists", `{"a":[],"b":[1,2.5,"x",true],"c":[[1],[]],"d":[1,2,3,4,5,6,7,8,9]}`,
			"a = []\nb = [1, 2.5, \"x\", true]\nc = [\n  [1],\n  [],\n]\nd = [\n  1,\n  2,\n  3,\n  4,\n  5,\n  6,\n  7,\n  8,\n  9,\n]\n"},
		{"keys that need quotes", `{"a.b":1,"":2,"ž":3,"a\"b":4,"\"'":5}`,
			"\"a.b\" = 1\n\"\" = 2\n\"ž\" = 3\n'a\"b' = 4\n\"\\u0022'\" = 5\n"},
		{"texts", `{"a":"\"\\","b":"x\ny\n","c":"\n","d":"\u0001\t"}`,
			"a = \"\\\"\\\\\"\nb = \"\"\"\nx\ny\n\"\"\"\nc = \"\\n\"\nd = \"\\u0001\t\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Write(TOML, readTree(t, tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWriteTOMLRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":{"b~/c":[1,null]}}`:     "/a/b~0~1c/1: TOML has no null",
		`{"a":[{"b":null}]}`:          "/a/0/b: TOML has no null",
		`{"a":{"b":null},"c":1}`:      "/a/b: TOML has no null",
		`{"a":123456789012345678901}`: "/a: TOML has no integers of more than 64 bits, as 123456789012345678901",
		`{}`:                          "an empty configuration has no text in TOML",
		`[1]`:                         "TOML has objects only, and this is a list",
		`null`:                        "TOML has objects only, and this is null",
		`5`:                           "TOML has objects only, and this is 5",
	} {
		if text, err := Write(TOML, readTree(t, in)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, %q; want %s", in, err, text, want)
		}
	}
}
