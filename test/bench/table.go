// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// addNote adds a remark to a row, printed below the table.
func (r *row) addNote(format string, args ...any) {
	if r.note != "" {
		r.note += "; "
	}
	r.note += fmt.Sprintf(format, args...)
}

// print writes the table and the notes.
func (b *bench) print(w io.Writer) {
	fmt.Fprintln(w, b.host)
	fmt.Fprintf(w, "%d workers, smallest/median/largest of several, taken in turn;\ntimes are judged by the median, and the gain is how many times better ours is\n\n", workers)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\tSTOCK\tOURS\tFLOOR\tGAIN\tBUDGET\t")
	notes := 0
	for _, r := range b.rows {
		mark := ""
		if r.note != "" {
			notes++
			mark = fmt.Sprintf(" [%d]", notes)
		}
		fmt.Fprintln(table, strings.Join([]string{
			r.what + mark, r.stock.text(r.unit), r.ours.text(r.unit), r.floor.text(r.unit), r.gain(), r.budget(), r.verdict(),
		}, "\t"))
	}
	table.Flush()
	fmt.Fprintln(w)
	n := 0
	for _, r := range b.rows {
		if r.note != "" {
			n++
			fmt.Fprintf(w, "[%d] %s\n", n, r.note)
		}
	}
	fmt.Fprintf(w, "took %v\n", time.Since(b.began).Round(time.Second))
}

// writeJSON writes every sample: times in seconds, sizes in bytes, rates per second.
func (b *bench) writeJSON(path string) error {
	type result struct {
		What    string `json:"what"`
		Unit    unit   `json:"unit"`
		Stock   sample `json:"stock"`
		Ours    sample `json:"ours"`
		Floor   sample `json:"floor,omitempty"`
		Budget  string `json:"budget,omitempty"`
		Verdict string `json:"verdict,omitempty"`
		Note    string `json:"note,omitempty"`
	}
	all := struct {
		Host    host      `json:"host"`
		Began   time.Time `json:"began"`
		Results []result  `json:"results"`
	}{Host: b.host, Began: b.began}
	for _, r := range b.rows {
		all.Results = append(all.Results, result{r.what, r.unit, r.stock, r.ours, r.floor, r.budget(), r.verdict(), r.note})
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("cannot write the samples: %w", err)
	}
	return nil
}
