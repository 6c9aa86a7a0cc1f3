// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// usualWidth is that of a terminal that does not tell.
const usualWidth = 80

// Width is how many columns a stream has, 0 where it ends at no terminal.
func (w *Writer) Width() int {
	if !w.terminal {
		return 0
	}
	if f, ok := w.w.(interface{ Fd() uintptr }); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			return int(size.Col)
		}
	}
	return usualWidth
}

// wrap breaks lines between words so that none is longer than width, and returns the
// column that the text ends in. What goes on is indented a little deeper than the line
// began. A word that is longer than a line stays whole: it may be a path or a command
// that is to be copied. Sequences that set a style take no room.
func wrap(s string, width, column int) (string, int) {
	if width < 20 { // as unusable as none
		return s, 0
	}
	var b strings.Builder
	for len(s) > 0 {
		line, rest, ended := strings.Cut(s, "\n")
		column = wrapLine(&b, line, width, column)
		if ended {
			b.WriteByte('\n')
			column = 0
		}
		s = rest
	}
	return b.String(), column
}

func wrapLine(b *strings.Builder, line string, width, column int) int {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if column > 0 { // it is the rest of one
		indent = 0
	}
	if indent > width/2 {
		indent = 0
	}
	indent += 2
	for first := true; len(line) > 0; first = false {
		gap := line[:len(line)-len(strings.TrimLeft(line, " "))]
		line = line[len(gap):]
		end := strings.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		word := line[:end]
		line = line[end:]
		n := columns(word)
		if !first && n > 0 && column+len(gap)+n > width && column > indent {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column, gap = indent, ""
		}
		b.WriteString(gap + word)
		column += len(gap) + n
	}
	return column
}

// columns is how many columns a text takes.
func columns(s string) int {
	n := 0
	for len(s) > 0 {
		if strings.HasPrefix(s, "\x1b[") {
			if end := strings.IndexByte(s, 'm'); end >= 0 {
				s = s[end+1:]
				continue
			}
		}
		if s[0] == '\t' {
			n += 8 - n%8
			s = s[1:]
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		n++
	}
	return n
}
