// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// errLayout is for what YAML allows and no one writes.
var errLayout = errors.New("it is written in a way that kresctl cannot edit")

// yamlLayout finds where the values of a YAML text stand. The library tells
// where each starts; where it ends is found here.
type yamlLayout struct {
	src   string
	lines []int // offsets of the lines
	off   int   // as far as the text is accounted for
}

// layYAML gives the layout of a YAML text that can be read.
func layYAML(src string) (region, error) {
	if strings.ContainsAny(src, "\u0085\u2028\u2029") || strings.Contains(strings.ReplaceAll(src, "\r\n", ""), "\r") {
		return region{}, fmt.Errorf("%w: it has line ends other than LF and CR LF", errLayout)
	}
	root, problem := text.LoadYAML(src)
	if problem != nil {
		return region{}, tree.Problems{*problem}
	}
	l := yamlLayout{src: src, lines: []int{0}}
	for i := range len(src) {
		if src[i] == '\n' {
			l.lines = append(l.lines, i+1)
		}
	}
	return l.value(root, l.offset(root), -1)
}

// offset is where a node starts.
func (l *yamlLayout) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(l.lines) {
		return len(l.src)
	}
	off := l.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRuneInString(l.src[off:])
		off += size
	}
	return off
}

// value lays a value out that starts at an offset, in a block collection whose
// keys or dashes are in a column.
func (l *yamlLayout) value(n *yaml.Node, start, column int) (r region, err error) {
	r = region{start: start, body: start, end: start}
	if n.Kind == yaml.AliasNode {
		r.form, r.aliases = aliasText, true
		r.end = l.word(start)
		l.off = r.end
		return r, nil
	}
	inner := start // without anchor and tag
	for inner < len(l.src) && (l.src[inner] == '&' && n.Anchor != "" || l.src[inner] == '!') {
		isAnchor := l.src[inner] == '&'
		end := l.word(inner)
		inner = l.skip(end)
		if isAnchor && r.body == start {
			r.body = inner
		}
		l.off = end
	}
	flow := n.Style&yaml.FlowStyle != 0
	switch {
	case n.Kind == yaml.MappingNode && flow:
		r.form = flowObject
		return r, l.flow(&r, n, inner, 2)
	case n.Kind == yaml.SequenceNode && flow:
		r.form = flowList
		return r, l.flow(&r, n, inner, 1)
	case n.Kind == yaml.MappingNode:
		r.form = blockObject
		return r, l.blockObject(&r, n)
	case n.Kind == yaml.SequenceNode:
		r.form = blockList
		return r, l.blockList(&r, n, inner)
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		r.form = blockScalar
		r.end = l.blockScalar(inner, column)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		r.end, err = l.quoted(inner)
	case n.Value == "":
		r.end = max(l.off, start) // after an anchor or tag, if there is one
		if inner == start {
			r.start, r.body, r.end = start, start, start
		}
		r.body = min(r.body, r.end)
	default:
		r.end, err = l.plain(inner, n.Value)
	}
	l.off = max(l.off, r.end)
	return r, err
}

// word is the end of an anchor, alias or tag.
func (l *yamlLayout) word(off int) int {
	for off < len(l.src) && strings.IndexByte(" \t\r\n,[]{}", l.src[off]) < 0 {
		off++
	}
	return off
}

// skip goes past blanks, line ends and comments.
func (l *yamlLayout) skip(off int) int {
	for off < len(l.src) {
		switch c := l.src[off]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			off++
		case c == '#' && (off == 0 || strings.IndexByte(" \t\r\n", l.src[off-1]) >= 0):
			off = text.LineEnd(l.src, off)
		default:
			return off
		}
	}
	return off
}

func (l *yamlLayout) quoted(off int) (int, error) {
	if off >= len(l.src) || l.src[off] != '"' && l.src[off] != '\'' {
		return off, errLayout
	}
	quote := l.src[off]
	for off++; off < len(l.src); off++ {
		switch {
		case l.src[off] == '\\' && quote == '"':
			off++
		case l.src[off] == quote && quote == '\'' && off+1 < len(l.src) && l.src[off+1] == quote:
			off++
		case l.src[off] == quote:
			return off + 1, nil
		}
	}
	return off, errLayout
}

// plain is the end of a plain scalar, whose lines were joined to its value.
func (l *yamlLayout) plain(off int, value string) (int, error) {
	for i := 0; i < len(value); {
		if value[i] == ' ' || value[i] == '\n' {
			for i < len(value) && (value[i] == ' ' || value[i] == '\n') {
				i++
			}
			before := off
			for off < len(l.src) && strings.IndexByte(" \t\r\n", l.src[off]) >= 0 {
				off++
			}
			if off == before {
				return off, errLayout
			}
			continue
		}
		if off >= len(l.src) || l.src[off] != value[i] {
			return off, errLayout
		}
		off, i = off+1, i+1
	}
	return off, nil
}

// blockScalar is the end of the last line that is deeper than a column; blank
// lines at the end count only if they are kept (+).
func (l *yamlLayout) blockScalar(off, column int) int {
	header := l.src[off:text.LineEnd(l.src, off)]
	end := off + len(strings.TrimRight(header, "\r\n"))
	mark, _, _ := strings.Cut(header, "#")
	keep := strings.Contains(mark, "+")
	for off = text.LineEnd(l.src, off); off < len(l.src); off = text.LineEnd(l.src, off) {
		line := strings.TrimRight(l.src[off:text.LineEnd(l.src, off)], "\r\n")
		indent := len(line) - len(strings.TrimLeft(line, " "))
		blank := indent == len(line)
		if !blank && indent <= column {
			break
		}
		if !blank || keep {
			end = off + len(line)
		}
	}
	return end
}

// key lays out what stands before a value: a key and its colon.
func (l *yamlLayout) key(n *yaml.Node) (start, after int, err error) {
	start = l.offset(n)
	if l.skip(l.off) != start { // as after "?"
		return 0, 0, errLayout
	}
	r, err := l.value(n, start, -1)
	if err != nil {
		return 0, 0, err
	}
	after = r.end
	for after < len(l.src) && (l.src[after] == ' ' || l.src[after] == '\t') {
		after++
	}
	if after == len(l.src) || l.src[after] != ':' {
		return 0, 0, errLayout
	}
	l.off = after + 1
	return start, after + 1, nil
}

func (l *yamlLayout) blockObject(r *region, n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if i == 0 {
			l.off = l.offset(n.Content[0])
		}
		start, after, err := l.key(n.Content[i])
		if err != nil {
			return err
		}
		if i == 0 {
			r.column = l.columnOf(start)
		}
		if err := l.part(r, n.Content[i+1], start, after, r.column); err != nil {
			return err
		}
	}
	r.end = l.off
	return nil
}

// columnOf is the number of characters before an offset in its line.
func (l *yamlLayout) columnOf(off int) int {
	return utf8.RuneCountInString(l.src[strings.LastIndexByte(l.src[:off], '\n')+1 : off])
}

// part lays out the value after a colon or dash.
func (l *yamlLayout) part(r *region, n *yaml.Node, start, after, column int) error {
	at := l.offset(n)
	if n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0 && n.Anchor == "" {
		at = after
	}
	l.off = max(l.off, after)
	value, err := l.value(n, at, column)
	if err != nil {
		return err
	}
	r.aliases = r.aliases || value.aliases
	r.parts = append(r.parts, part{start, after, value})
	return nil
}

func (l *yamlLayout) blockList(r *region, n *yaml.Node, inner int) error {
	l.off = inner
	for i, item := range n.Content {
		dash := l.skip(l.off)
		if dash == len(l.src) || l.src[dash] != '-' {
			return errLayout
		}
		if i == 0 {
			r.column = l.columnOf(dash)
		}
		if err := l.part(r, item, dash, dash+1, r.column); err != nil {
			return err
		}
	}
	r.end = l.off
	return nil
}

// flow lays out what is in brackets; step is 2 for an object.
func (l *yamlLayout) flow(r *region, n *yaml.Node, inner, step int) error {
	l.off = inner + 1
	for i := 0; i+step <= len(n.Content); i += step {
		l.comma()
		start, after := l.offset(n.Content[i]), l.offset(n.Content[i])
		if step == 2 {
			l.off = l.skip(l.off)
			var err error
			if start, after, err = l.key(n.Content[i]); err != nil {
				return err
			}
		} else if n.Content[i].Kind == yaml.MappingNode && n.Content[i].Style&yaml.FlowStyle == 0 || l.skip(l.off) != start {
			return errLayout // [a: b] is an object without braces
		}
		if err := l.part(r, n.Content[i+step-1], start, after, -1); err != nil {
			return err
		}
	}
	l.comma()
	l.off = l.skip(l.off)
	if l.off == len(l.src) || l.src[l.off] != ']' && l.src[l.off] != '}' {
		return errLayout
	}
	l.off++
	r.end = l.off
	return nil
}

func (l *yamlLayout) comma() {
	if off := l.skip(l.off); off < len(l.src) && l.src[off] == ',' {
		l.off = off + 1
	}
}
