// SPDX-License-Identifier: Apache-2.0

// Package present lays out what our programs have to say to people: tables, places in
// files, times and amounts, and from them the status, the history, events and all else
// that kresctl prints. What there is to say is for others to find out; what of it may
// reach a terminal is for package visible.
//
// Functions write to a stream and return its error. Times are shown relative to a given
// moment and in its time zone, so that no clock is read but by [Progress].
package present

import (
	"io"
	"strings"
	"unicode/utf8"

	"kresd-manager/internal/visible"
)

// Table lays rows out in columns. It is not safe for concurrent use.
type Table struct {
	w     io.Writer
	width int // of the terminal, 0 for none
	// colored tells that styles are wanted.
	colored bool
	rows    [][]visible.Span
}

// NewTable returns a table that Flush writes to w. On a terminal it is as wide as that:
// the last column is broken between words, and what is too long in the first one is cut.
func NewTable(w io.Writer) *Table {
	t := &Table{w: w}
	if terminal, ok := w.(*visible.Writer); ok {
		t.width = terminal.Width()
	}
	return t
}

// newColored is NewTable with styles, if they are wanted.
func newColored(w io.Writer, colored bool) *Table {
	t := NewTable(w)
	_, may := w.(*visible.Writer)
	t.colored = colored && may
	return t
}

// Row adds a row; each of the cells is as [visible.Line] makes it, so that none can look
// like another row or move the columns.
func (t *Table) Row(cells ...string) {
	row := make([]visible.Span, len(cells))
	for i, c := range cells {
		row[i].Text = c
	}
	t.styled(row...)
}

// styled is Row with a style for each cell.
func (t *Table) styled(cells ...visible.Span) {
	row := make([]visible.Span, len(cells))
	for i, c := range cells {
		row[i] = visible.Span{Text: visible.Line(c.Text), Style: c.Style}
	}
	t.rows = append(t.rows, row)
}

// gap is what is left free between two columns.
const gap = 2

// Flush writes the rows. A new table begins then, with columns of its own.
func (t *Table) Flush() error {
	widths := t.widths()
	var spans []visible.Span
	for _, row := range t.rows {
		column, pad := 0, 0 // pad is not written where nothing follows
		for i, cell := range row {
			if i == len(row)-1 && i > 0 {
				cell.Text = t.broken(cell.Text, column)
			} else if i < len(widths) {
				cell.Text = cutTo(cell.Text, widths[i])
			}
			if cell.Text != "" {
				spans = append(spans, visible.Span{Text: strings.Repeat(" ", pad)}, cell)
				pad = 0
			}
			if i < len(widths) {
				pad += widths[i] + gap - utf8.RuneCountInString(cell.Text)
				column += widths[i] + gap
			}
		}
		spans = append(spans, visible.Span{Text: "\n"})
	}
	t.rows = nil
	if t.colored {
		return t.w.(*visible.Writer).Print(spans...)
	}
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// widths are those of all columns but the last one of each row.
func (t *Table) widths() []int {
	var widths []int
	last := 0 // of what has no further column
	for _, row := range t.rows {
		for i, cell := range row {
			n := utf8.RuneCountInString(cell.Text)
			if i == len(row)-1 {
				last = max(last, n)
				break
			}
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], n)
		}
	}
	if t.width == 0 || len(widths) < 2 {
		return widths
	}
	const least = 12
	all := min(last, 10)
	for _, n := range widths {
		all += n + gap
	}
	if over := all - t.width; over > 0 {
		widths[0] = max(min(least, widths[0]), widths[0]-over)
	}
	return widths
}

// cutTo shortens what is longer than a column.
func cutTo(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

// broken breaks the text of the last column, which starts at a column, between words.
func (t *Table) broken(s string, column int) string {
	room := t.width - column
	if t.width == 0 || room < 20 || utf8.RuneCountInString(s) <= room {
		return s
	}
	var b strings.Builder
	at := 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case at == 0:
		case at+1+n > room:
			b.WriteString("\n" + strings.Repeat(" ", column))
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}
