// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("x", 200) + "HERE" + strings.Repeat("y", 200)
	tests := []struct {
		name         string
		text         string
		line, column int
		want         string
	}{
		{"the first line", "ab\ncd", 1, 2, "     1 | ab\n       |  ^"},
		{"the last line", "ab\ncd", 2, 1, "     2 | cd\n       | ^"},
		{"just behind a line", "ab\r\n", 1, 3, "     1 | ab\n       |   ^"},
		{"tabs are as wide below", "\ta\tb", 1, 4, "     1 | \ta\tb\n       | \t \t^"},
		{"characters and not bytes", "ž: ž", 1, 4, "     1 | ž: ž\n       |    ^"},
		{"a byte order mark does not count", "\uFEFFab", 1, 2, "     1 | ab\n       |  ^"},
		{"what would steer a terminal", "a\x1b[2Jb", 1, 6, "     1 | a\\u001b[2Jb\n       |           ^"},
		{"a long line is cut", long, 1, 201,
			"     1 | …" + strings.Repeat("x", 33) + "HERE" + strings.Repeat("y", 30) + "…\n       | " + strings.Repeat(" ", 34) + "^"},
		{"no such line", "ab", 2, 1, ""},
		{"no such column", "ab", 1, 4, ""},
		{"no place", "ab", 0, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := excerpt([]byte(tt.text), tt.line, tt.column); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
