// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"

	"kresd-manager/internal/config/tree"
)

// Style is how a YAML or JSON text is laid out, for what is written into it.
type Style struct {
	Format Format // YAML or JSON
	// Step is how many columns a level is indented by. JSON without is on one line.
	Step int
	// Dashes is how many columns there are in YAML from a key to the dashes of its
	// list.
	Dashes int
	// Instead, if there is one, may give the text of a member of an object in YAML, from
	// its key on, for a column.
	Instead func(m *tree.Member, column int) (string, bool)
	// Quote has YAML put texts of several lines in quotes, too.
	Quote bool
}

// Block is what stands in YAML after the colon of a key, or after a dash, in a
// column counted from 0: the rest of that line and the lines below, without the
// last line end. Before column 0 it is the whole text.
func (s *Style) Block(n *tree.Node, column int, dash bool) string {
	return string(s.appendLines(nil, n, column, dash, dash))
}

// Lines is Block that begins with a new line even after a dash, unless it is a
// scalar.
func (s *Style) Lines(n *tree.Node, column int, dash bool) string {
	return string(s.appendLines(nil, n, column, dash, false))
}

// appendLines may go on in the line of a dash if inline says so.
func (s *Style) appendLines(b []byte, n *tree.Node, column int, dash, inline bool) []byte {
	if n.Len() == 0 {
		return append(append(b, ' '), s.Scalar(n, column, "", true)...)
	}
	inner := column + s.Step
	if n.Kind == tree.List {
		inner = column + s.Dashes
	}
	if dash {
		inner = column + 2
	}
	if column < 0 { // the whole text
		inner = 0
	}
	for i := range n.Len() {
		if i == 0 && inline {
			b = append(b, ' ')
		} else {
			b = appendBlanks(append(b, '\n'), inner)
		}
		m := n.Member(i)
		if n.Kind == tree.List {
			b = s.appendLines(append(b, '-'), &m.Value, inner, true, true)
		} else {
			b = s.appendMember(b, m, inner)
		}
	}
	return b
}

// Member is a member of an object in YAML whose key stands in a column.
func (s *Style) Member(m *tree.Member, column int) string {
	return string(s.appendMember(nil, m, column))
}

func (s *Style) appendMember(b []byte, m *tree.Member, column int) []byte {
	if s.Instead != nil {
		if src, ok := s.Instead(m, column); ok {
			return append(b, src...)
		}
	}
	return s.appendLines(append(append(b, s.Key(m.Key, false)...), ':'), &m.Value, column, false, false)
}

func appendBlanks(b []byte, n int) []byte {
	for range n {
		b = append(b, ' ')
	}
	return b
}

// Flow is a value in one piece, as in brackets; column is that of the line it
// starts in.
func (s *Style) Flow(n *tree.Node, column int) string {
	return string(s.appendFlow(nil, n, column))
}

func (s *Style) appendFlow(b []byte, n *tree.Node, column int) []byte {
	if n.Len() == 0 {
		if s.Format == JSON {
			return tree.AppendJSON(b, n)
		}
		return append(b, yamlWord(n, "", true)...)
	}
	open, shut := byte('['), byte(']')
	if n.Kind == tree.Object {
		open, shut = '{', '}'
	}
	inLines := s.Format == JSON && s.Step > 0
	inner := column
	if inLines {
		inner += s.Step
	}
	b = append(b, open)
	for i := range n.Len() {
		switch {
		case i > 0 && inLines:
			b = append(b, ',')
		case i > 0:
			b = append(b, ", "...)
		}
		if inLines {
			b = appendBlanks(append(b, '\n'), inner)
		}
		if n.Kind == tree.Object {
			b = append(append(b, s.Key(n.Key(i), true)...), ": "...)
		}
		b = s.appendFlow(b, &n.Member(i).Value, inner)
	}
	if inLines {
		b = appendBlanks(append(b, '\n'), column)
	}
	return append(b, shut)
}

// Key is a key without its colon; flow says that it is in brackets.
func (s *Style) Key(key string, flow bool) string {
	if s.Format == JSON {
		return string(tree.AppendText(nil, key))
	}
	return yamlWord(&tree.Node{Kind: tree.Text, Text: key}, "", flow)
}

// Scalar is a YAML value that has no members, after a key or dash in a column.
// was is what stood there, whose quotes it keeps; lines says that it may take
// lines of its own.
func (s *Style) Scalar(n *tree.Node, column int, was string, lines bool) string {
	if n.Kind != tree.Text || !lines || s.Quote || !strings.Contains(n.Text, "\n") || !fitsLiteral(n.Text) {
		return yamlWord(n, was, false)
	}
	body, mark := strings.TrimSuffix(n.Text, "\n"), "|"
	if body == n.Text {
		mark = "|-"
	}
	lead := "\n" + strings.Repeat(" ", max(column, 0)+s.Step)
	var b strings.Builder
	b.WriteString(mark)
	for line := range strings.SplitSeq(body, "\n") {
		if line == "" {
			b.WriteByte('\n')
		} else {
			b.WriteString(lead + line)
		}
	}
	return b.String()
}
