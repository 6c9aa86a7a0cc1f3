// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"strings"
	"testing"
)

// What is written takes the place of the line that is redrawn, and nothing that others say
// ends it early or needs two.
func TestALineIsRedrawn(t *testing.T) {
	var b strings.Builder
	w := &Writer{w: &b, terminal: true}
	steps := []struct {
		do   func() error
		want string
	}{
		{func() error { return w.Redraw("") }, ""},
		{func() error { return w.Redraw("a\n\x1b[2Jb") }, erase + `a\n\u001b[2Jb`},
		{func() error { return w.Redraw(strings.Repeat("x", 200)) }, erase + strings.Repeat("x", 78) + "…"},
		{func() error { _, err := w.Write([]byte("done\n")); return err }, erase + "done\n"},
		{func() error { _, err := w.Write([]byte("more\n")); return err }, "more\n"},
		{func() error { return w.Redraw("c") }, erase + "c"},
		{func() error { return w.Redraw("") }, erase},
		{func() error { return w.Redraw("") }, ""},
	}
	for i, s := range steps {
		b.Reset()
		if err := s.do(); err != nil || b.String() != s.want {
			t.Errorf("%d: %q, %v, want %q", i, b.String(), err, s.want)
		}
	}
	b.Reset()
	if err := NewWriter(&b).Redraw("x"); err != nil || b.Len() > 0 {
		t.Errorf("no terminal: %q, %v", b.String(), err)
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		line    string
		columns int
		want    string
	}{
		{"", 5, ""},
		{"abcde", 5, "abcde"},
		{"abcdef", 5, "abcd…"},
		{"ábčde", 5, "ábčde"},
		{"a\u0301bcde", 5, "a\u0301bcde"}, // combines
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
	} {
		if got := Cut(tt.line, tt.columns); got != tt.want {
			t.Errorf("%q in %d: %q, want %q", tt.line, tt.columns, got, tt.want)
		}
	}
}
