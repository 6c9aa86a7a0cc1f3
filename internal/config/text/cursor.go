// SPDX-License-Identifier: Apache-2.0

package text

import "kresd-manager/internal/config/tree"

// cursor walks through a text and knows line and column of where it is. Both
// are counted on demand and only forwards, so that the text is counted once.
type cursor struct {
	src string
	off int // of the next byte

	counted int // up to where line and column are known
	line    uint32
	column  uint32
}

func newCursor(src string) cursor {
	return cursor{src: src, line: 1, column: 1}
}

// position is that of the next byte.
func (c *cursor) position() tree.Position {
	return c.positionOf(c.off)
}

// positionOf is that of a byte not before the last one asked for.
func (c *cursor) positionOf(off int) tree.Position {
	src := c.src
	line, column := c.line, c.column
	for i := c.counted; i < off; i++ {
		switch b := src[i]; {
		case b == '\n':
			line++
			column = 1
		case b&0xC0 != 0x80: // not the inside of a UTF-8 sequence
			column++
		}
	}
	c.counted, c.line, c.column = off, line, column
	return tree.Position{Line: line, Column: column}
}

// peek is the next byte, 0 at the end. The text itself holds no NUL.
func (c *cursor) peek() byte {
	if c.off < len(c.src) {
		return c.src[c.off]
	}
	return 0
}

// at says whether s comes next.
func (c *cursor) at(s string) bool {
	return len(c.src)-c.off >= len(s) && c.src[c.off:c.off+len(s)] == s
}
