// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWrap(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"short":                        {"one two\n", "one two\n"},
		"between words":                {"one two three four five six\n", "one two three four\n  five six\n"},
		"just":                         {"one two three fours\n", "one two three fours\n"},
		"deeper than it began":         {"  one two three four five six\n", "  one two three four\n    five six\n"},
		"a word stays whole":           {"see /a/path/that/is/longer/than/a/line now\n", "see\n  /a/path/that/is/longer/than/a/line\n  now\n"},
		"a word alone":                 {"/a/path/that/is/longer/than/a/line\n", "/a/path/that/is/longer/than/a/line\n"},
		"several lines":                {"a\n\nb one two three four five six\nc", "a\n\nb one two three four\n  five six\nc"},
		"a style takes no room":        {"\x1b[1mone two\x1b[0m three four\n", "\x1b[1mone two\x1b[0m three four\n"},
		"letters count, and not bytes": {"öäü öäü öäü öäü öäü\n", "öäü öäü öäü öäü öäü\n"},
		"no room at all for an indent": {strings.Repeat(" ", 15) + "one two three\n", strings.Repeat(" ", 15) + "one\n  two three\n"},
	} {
		if got, _ := wrap(c.text, 20, 0); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	got, column := wrap("one two three", 20, 0)
	more, _ := wrap(" four five\n", 20, column)
	if got+more != "one two three four\n  five\n" {
		t.Errorf("in parts: %q", got+more)
	}
}

// FuzzWrap: nothing but blanks and line ends is added or lost, and no line with room
// for its words is too long.
func FuzzWrap(f *testing.F) {
	f.Add("one two  three four five six seven", 20)
	f.Add("  \x1b[1mone\x1b[0m\n\n two", 30)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 20 || width > 200 || !utf8.ValidString(s) || strings.ContainsRune(s, '\t') {
			return
		}
		got, _ := wrap(s, width, 0)
		squeeze := func(s string) string {
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' }), " ")
		}
		if squeeze(got) != squeeze(s) {
			t.Fatalf("%q became %q", s, got)
		}
		for line := range strings.Lines(got) {
			if words := strings.Fields(line); len(words) > 1 && columns(strings.TrimRight(line, " \n")) > width && columns(words[len(words)-1]) < width/2-2 && columns(words[0]) < width/2 {
				t.Fatalf("%q is longer than %d", line, width)
			}
		}
	})
}
