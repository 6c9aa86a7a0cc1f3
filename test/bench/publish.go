// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// pages are all that is made of a run to be published, by their paths below docs/.
func (d *document) pages() map[string]string {
	var text strings.Builder
	plots := d.plots()
	d.markdown(&text, plots)
	all := map[string]string{"benchmarks.md": text.String()}
	for _, p := range plots {
		all["benchmarks/"+p.name+".svg"] = p.svg
	}
	return all
}

// publish writes the samples and the pages below a folder, and the numbers that README.md
// beside it repeats.
func (d *document) publish(docs string) error {
	if err := os.MkdirAll(filepath.Join(docs, "benchmarks"), 0o755); err != nil {
		return fmt.Errorf("cannot make the folder of plots: %w", err)
	}
	stale, _ := filepath.Glob(filepath.Join(docs, "benchmarks", "*.svg"))
	var failures []error
	for _, path := range stale {
		failures = append(failures, os.Remove(path))
	}
	for name, text := range d.pages() {
		failures = append(failures, os.WriteFile(filepath.Join(docs, name), []byte(text), 0o644))
	}
	failures = append(failures, d.writeJSON(filepath.Join(docs, "benchmarks", "samples.json")), d.updateREADME(filepath.Join(docs, "..", "README.md")))
	return errors.Join(failures...)
}

// repeated is a row of the table in README.md.
var repeated = regexp.MustCompile(`(?m)^\| (.+?) \| .+? \| .+? \|$`)

// updateREADME writes the measured numbers into the rows that README.md has. A missing file
// is none of ours.
func (d *document) updateREADME(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	const head = "| | stock | here |\n| --- | --- | --- |\n"
	before, rest, found := strings.Cut(string(text), head)
	if !found {
		return fmt.Errorf("cannot find the table of numbers in %s", path)
	}
	table, after, _ := strings.Cut(rest, "\n\n")
	table = repeated.ReplaceAllStringFunc(table, func(line string) string {
		what := repeated.FindStringSubmatch(line)[1]
		for _, r := range d.of(beside) {
			if r.What == what {
				return fmt.Sprintf("| %s | %s | %s |", what, r.cell("stock", sample.middle), r.cell("here", sample.middle))
			}
		}
		return line
	})
	return os.WriteFile(path, []byte(before+head+table+"\n\n"+after), 0o644)
}
