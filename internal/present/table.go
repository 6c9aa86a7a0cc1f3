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
	"text/tabwriter"

	"kresd-manager/internal/visible"
)

// Table lays rows out in columns. It is not safe for concurrent use.
type Table struct{ tw *tabwriter.Writer }

// NewTable returns a table that Flush writes to w.
func NewTable(w io.Writer) *Table {
	return &Table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

// Row adds a row; each of the cells is as [visible.Line] makes it, so that none can look
// like another row or move the columns.
func (t *Table) Row(cells ...string) {
	shown := make([]string, len(cells))
	for i, c := range cells {
		shown[i] = visible.Line(c)
	}
	// A table collects in memory: what fails, fails in Flush.
	_, _ = io.WriteString(t.tw, strings.Join(shown, "\t")+"\n")
}

// Flush writes the rows. A new table begins then, with columns of its own.
func (t *Table) Flush() error { return t.tw.Flush() }
