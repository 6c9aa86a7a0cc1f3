// SPDX-License-Identifier: Apache-2.0

package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseTags(t *testing.T) {
	tests := []struct {
		lines []string
		want  tagList
		bad   bool
	}{
		{nil, tagList{}, false},
		{[]string{""}, tagList{present: true}, false},
		{[]string{"*"}, tagList{present: true, any: true}, false},
		{[]string{" * "}, tagList{present: true, any: true}, false},
		{[]string{`"a"`}, tagList{present: true, tags: []tag{{"a", false}}}, false},
		{[]string{`""`}, tagList{present: true, tags: []tag{{"", false}}}, false},
		{[]string{`"a,b"`}, tagList{present: true, tags: []tag{{"a,b", false}}}, false},
		{[]string{`"a", W/"b",, c`, `"d"`}, tagList{present: true, tags: []tag{{"a", false}, {"b", true}, {"c", false}, {"d", false}}}, false},
		{[]string{`"a" "b"`}, tagList{}, true},
		{[]string{`"a`}, tagList{}, true},
		{[]string{`*, "a"`}, tagList{}, true},
		{[]string{`a"b"`}, tagList{}, true},
	}
	for _, tt := range tests {
		got, err := parseTags("If-Match", tt.lines)
		if (err != nil) != tt.bad {
			t.Errorf("%q: %v", tt.lines, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(tagList{}, tag{})); diff != "" {
			t.Errorf("%q: %s", tt.lines, diff)
		}
	}
}

func FuzzParseTags(f *testing.F) {
	for _, s := range []string{`"a"`, `W/"a", "b"`, `*`, `a"`, `,`, `W/`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := parseTags("If-Match", []string{s})
		if err == nil && !list.present {
			t.Errorf("%q: not present", s)
		}
	})
}
