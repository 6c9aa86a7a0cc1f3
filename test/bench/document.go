// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// document is a whole run as it is stored: what is published is made of it alone. Times
// are in seconds, sizes in bytes, rates per second.
type document struct {
	Host    host          `json:"host"`
	Began   time.Time     `json:"began"`
	Took    time.Duration `json:"took-ns"`
	Results []result      `json:"results"`
	// Missing names the measures that were chosen and not taken, each with the reason.
	Missing []string `json:"missing,omitempty"`
}

// result is a row.
type result struct {
	Section section           `json:"section"`
	What    string            `json:"what"`
	Unit    unit              `json:"unit"`
	Samples map[string]sample `json:"samples"` // by the names of the columns
	Words   map[string]string `json:"words,omitempty"`
	Budget  string            `json:"budget,omitempty"`
	Verdict string            `json:"verdict,omitempty"`
	Note    string            `json:"note,omitempty"`
	Trace   []span            `json:"trace,omitempty"`
}

// table says how a section is written.
type table struct {
	section section
	title   string
	about   string // what a reader has to know, Markdown
	columns []string
	gain    bool
}

// tables are all sections, in the order of the document.
var tables = []table{
	{beside, "Beside the stock manager", "*Floor* is what systemd and the daemons take for the same work without any manager.", []string{"stock", "here", "floor"}, true},
	{changes, "Every kind of change", "From the request until the API has answered. *Floor* is the same jobs of systemd, bare and one after another.", []string{"here", "floor"}, false},
	{slopes, "Large data", "Entries from a thousand to a million; *floor* is the bare policy-loader on the same rules where there is one.", []string{"here", "floor"}, false},
	{loss, "What clients notice", "Queries that got no right answer, of ours; stock's loss in a rolling restart is in the table above. *Floor* is the same load without a change.", []string{"here", "floor"}, false},
	{steady, "The manager over time", "What it costs to have it and to ask it. *Floor* is the same with 4 workers and nothing else on the machine.", []string{"stock", "here", "floor"}, false},
	{peers, "Beside other resolvers", aboutPeers(), peerColumns, false},
}

// document is what the run has found so far.
func (b *bench) document() *document {
	d := &document{Host: b.host, Began: b.began.UTC().Round(time.Second), Took: time.Since(b.began).Round(time.Second), Missing: b.missing}
	for _, r := range b.rows {
		if len(r.samples()) == 0 && len(r.words) == 0 {
			continue // its measure failed before
		}
		d.Results = append(d.Results, result{r.section, r.what, r.unit, r.samples(), r.words, r.budget(), r.verdict(), r.note, r.trace})
	}
	return d
}

// of returns the rows of a table.
func (d *document) of(s section) []result {
	var rows []result
	for _, r := range d.Results {
		if r.Section == s {
			rows = append(rows, r)
		}
	}
	return rows
}

// over names the rows that miss their budgets.
func (d *document) over() []string {
	var all []string
	for _, r := range d.Results {
		if r.Verdict == over {
			all = append(all, fmt.Sprintf("%s: %s, budget %s", r.What, r.cell("here", sample.text), r.Budget))
		}
	}
	return all
}

// cell is what a row has in a column, a dash for nothing.
func (r *result) cell(column string, write func(sample, unit) string) string {
	if words, ok := r.Words[column]; ok {
		if s := r.Samples[column]; len(s) > 0 {
			return write(s, r.Unit) + ", " + words
		}
		return words
	}
	return write(r.Samples[column], r.Unit)
}

func (r *result) gain() string { return gain(r.Unit, r.Samples["stock"], r.Samples["here"]) }

// timeline is where the time of the traced rows goes, a line for each part.
func (d *document) timeline() []string {
	var lines []string
	for _, r := range d.Results {
		if len(r.Trace) == 0 || r.Section != beside {
			continue
		}
		lines = append(lines, "", "where the time goes: "+r.What)
		for _, s := range r.Trace {
			lines = append(lines, fmt.Sprintf("%8.1f ms  +%7.1f ms  %s", s.From*1e3, (s.To-s.From)*1e3, s.Name))
		}
	}
	return lines
}

// writeJSON stores the document.
func (d *document) writeJSON(path string) error {
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("cannot write the samples: %w", err)
	}
	return nil
}

// readJSON is the inverse of writeJSON.
func readJSON(path string) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the samples: %w", err)
	}
	d := new(document)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("cannot read the samples in %s: %w", path, err)
	}
	return d, nil
}
