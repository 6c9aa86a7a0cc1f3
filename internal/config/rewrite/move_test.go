// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"errors"
	"strings"
	"testing"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// read is the tree of a text of a test.
func read(t *testing.T, src string) tree.Node {
	t.Helper()
	n, problems := text.Read("", []byte(src))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return n
}

func TestMigrateTakesCommentsAlong(t *testing.T) {
	for _, test := range []struct {
		name, src, to string
		move          Move
		want          string
	}{
		{"a key is renamed where it is", "a:\n  # why\n  b: 1   # beside\n  c: 2\n", "{a: {x: 1, c: 2}}", Move{"/a/b", "/a/x"},
			"a:\n  # why\n  x: 1   # beside\n  c: 2\n"},
		{"a key in braces is renamed", "a: {'b' : 1, c: 2} # all\n", "{a: {x: 1, c: 2}}", Move{"/a/b", "/a/x"}, "a: {x: 1, c: 2} # all\n"},
		{"the only key is renamed", "a:\n  b: [1, # one\n    2]\n", "{a: {x: [1, 2]}}", Move{"/a/b", "/a/x"}, "a:\n  x: [1, # one\n    2]\n"},
		{"a key goes, and the comment about it", "# top\n\n# about a\n# more\na: 1\n# about b\nb: 2\n", "{b: 2}", Move{},
			"# top\n\n# about b\nb: 2\n"},
		{"a comment in another column stays", "x: 1\n  # deeper\na: 1\n", "{x: 1}", Move{}, "x: 1\n  # deeper\n"},
		{"a value moves to a section that is there", "a:\n  # why\n  b: 1 # beside\n  k: 0\nc:\n    d: 2 # two\n", "{a: {k: 0}, c: {d: 2, b: 1}}", Move{"/a/b", "/c/b"},
			"a:\n  k: 0\nc:\n    d: 2 # two\n    # why\n    b: 1 # beside\n"},
		{"a section moves with what is in it", "a:\n    # about\n    s: # section\n        x: 1 # one\n\n        # two\n        y:\n            - |\n              # no comment\n              text\nb: 1\n",
			"{a: {}, b: 1, m: {s: {x: 1, y: [\"# no comment\\ntext\\n\"]}}}", Move{"/a/s", "/m/s"},
			"a: {}\nb: 1\nm:\n    # about\n    s: # section\n        x: 1 # one\n\n        # two\n        y:\n            - |\n              # no comment\n              text\n"},
		{"line ends of CR LF", "a:\r\n  # why\r\n  b:\r\n    c: 1 # beside\r\nd: 1\r\n", "{a: {}, d: 1, e: {b: {c: 1}}}", Move{"/a/b", "/e/b"},
			"a: {}\r\nd: 1\r\ne:\r\n  # why\r\n  b:\r\n    c: 1 # beside\r\n"},
		{"out of braces", "a: {b: 1, c: 2}\n", "{a: {c: 2}, d: {b: 1}}", Move{"/a/b", "/d/b"}, "a: {c: 2}\nd:\n  b: 1\n"},
		{"a new key goes in front", "a:\n  # why\n  b: 1\n", "{a: {enable: true, b: 1}}", Move{}, "a:\n  enable: true\n  # why\n  b: 1\n"},
		{"what the pointers do not lead to is no move", "a: 1\nb: 2\n", "{b: 2, c: 1}", Move{"/x/y", "/c/~2"}, "b: 2\nc: 1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := read(t, test.src), read(t, test.to)
			got, err := Migrate([]byte(test.src), &from, &to, test.move)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// An edit leaves comments above a key where they are: only whoever knows what a key
// means can tell that they are about it.
func TestEditLeavesTheCommentAbove(t *testing.T) {
	const src = "# about a\na: 1 # beside\nb: 2\n"
	from, to := read(t, src), read(t, "b: 2\n")
	if got, err := Edit([]byte(src), &from, &to); err != nil || string(got) != "# about a\nb: 2\n" {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestEditRefuses(t *testing.T) {
	for _, test := range []struct{ src, to, want string }{
		{"- a\n", "{a: 1}", "cannot edit this file: a configuration is an object"},
		{"a: 1\n", "[1]", "cannot edit this file: a configuration is an object"},
		{"? a\n: 1\n", "{a: 2}", "kresctl cannot edit"},
		{"a = 1\n", "{a: {b: ~}}", "/a/b: TOML has no null"},
		{"a = 1\n[b]\nc = 1\n", "{a: 1}", "/b: removing a table cannot be done in TOML without rewriting the file"},
	} {
		from, to := read(t, test.src), read(t, test.to)
		got, err := Edit([]byte(test.src), &from, &to)
		if !errors.Is(err, ErrCannot) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q to %s: got %q, error %v", test.src, test.to, got, err)
		}
	}
}
