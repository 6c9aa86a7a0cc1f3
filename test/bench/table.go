// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// print writes the tables and the notes for a terminal.
func (d *document) print(w io.Writer) {
	fmt.Fprintln(w, d.Host)
	fmt.Fprintf(w, "%d workers, smallest/median/largest of several, taken in turn;\ntimes are judged by the median, and the gain is how many times better ours is\n", workers)
	notes := 0
	for _, t := range tables {
		rows := d.of(t.section)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", t.title)
		table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		head := ""
		for _, c := range t.columns {
			head += "\t" + strings.ToUpper(c)
		}
		if t.gain {
			head += "\tGAIN"
		}
		fmt.Fprintln(table, head+"\tBUDGET\t")
		from := notes
		for _, r := range rows {
			mark := ""
			if r.Note != "" {
				notes++
				mark = fmt.Sprintf(" [%d]", notes)
			}
			cells := []string{r.What + mark}
			for _, c := range t.columns {
				cells = append(cells, r.cell(c, sample.text))
			}
			if t.gain {
				cells = append(cells, r.gain())
			}
			fmt.Fprintln(table, strings.Join(append(cells, r.Budget, r.Verdict), "\t"))
		}
		table.Flush()
		for _, r := range rows {
			if r.Note != "" {
				from++
				fmt.Fprintf(w, "[%d] %s\n", from, r.Note)
			}
		}
	}
	for _, line := range d.timeline() {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\ntook %v\n", d.Took.Round(time.Second))
}
