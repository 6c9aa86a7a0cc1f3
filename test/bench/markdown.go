// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// markdown writes docs/benchmarks.md. README.md repeats some of its lines, which
// test/layout holds equal.
func (d *document) markdown(w io.Writer, plots []figure) {
	fmt.Fprint(w, `# Benchmarks

kresd-manager beside the manager that Knot Resolver brings: the same resolver and the same configuration file on two machines of one host, every
measurement taken in turn on both, after one that does not count. A busy host makes both slower; the gain is of one run, and is what counts.

This file is made by `+"`make bench`"+`, which needs root: the tables have medians, [the end](#all-samples) has spread and intervals, and
[benchmarks/samples.json](benchmarks/samples.json) every sample. A budget that is missed is marked with 🔴, and fails the run.

`)
	h := d.Host
	fmt.Fprintf(w, "%s, %v; %d workers; knot-resolver6 %s, systemd %s, %d cores (%s), %d MiB, Linux %s, %s; load average %s before.\n",
		d.Began.Format("2006-01-02"), d.Took.Round(time.Minute), workers, h.Versions["knot-resolver6"], h.Versions["systemd"], h.Cores, h.CPU, h.Memory>>20, release(h.Kernel), h.Go, h.Load)
	if missed := d.over(); len(missed) > 0 {
		fmt.Fprintf(w, "\n%d of %d budgets are missed.\n", len(missed), d.judged())
	} else if d.judged() > 0 {
		fmt.Fprintf(w, "\nAll %d budgets are kept.\n", d.judged())
	}
	for _, m := range d.Missing {
		fmt.Fprintf(w, "\nNot measured: %s.\n", m)
	}
	for _, t := range tables {
		d.markdownTable(w, t, plots)
	}
	d.spread(w)
}

// judged is how many rows have a budget.
func (d *document) judged() (n int) {
	for _, r := range d.Results {
		if r.Verdict != "" {
			n++
		}
	}
	return n
}

// markdownTable writes one section with its plots and notes.
func (d *document) markdownTable(w io.Writer, t table, plots []figure) {
	rows := d.of(t.section)
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n## %s\n\n%s\n", t.title, t.about)
	for _, p := range plots {
		if p.section == t.section {
			fmt.Fprintf(w, "\n![%s](benchmarks/%s.svg)\n", p.title, p.name)
		}
	}
	head, rule := "| what | "+strings.Join(t.columns, " | ")+" |", strings.Repeat("| --- ", len(t.columns)+1)+"|"
	if t.gain {
		head, rule = head+" gain |", rule+" --- |"
	}
	budgets := slices.ContainsFunc(rows, func(r result) bool { return r.Budget != "" })
	if budgets {
		head, rule = head+" budget |", rule+" --- |"
	}
	fmt.Fprintf(w, "\n%s\n%s\n", head, rule)
	notes := ""
	for _, r := range rows {
		line := "| " + cell(r.What)
		for _, c := range t.columns {
			line += " | " + cell(r.cell(c, sample.middle))
		}
		if t.gain {
			line += " | " + r.gain()
		}
		if budgets {
			line += " | " + strings.TrimSpace(map[string]string{over: "🔴 ", kept: "✓ "}[r.Verdict]+r.Budget)
		}
		fmt.Fprintln(w, line+" |")
		if r.Note != "" {
			notes += "- " + r.What + ": " + r.Note + "\n"
		}
		if why := r.behind(); why != "" {
			notes += "- " + r.What + ", " + why + "\n"
		}
		if why := r.bound(); why != "" {
			notes += "- 🔴 " + r.What + ", what bounds it: " + why + "\n"
		}
	}
	if notes != "" {
		fmt.Fprint(w, "\n"+notes)
	}
}

// spread writes what the medians are of.
func (d *document) spread(w io.Writer) {
	fmt.Fprint(w, "\n## All samples\n\nThe interval has the median with 95 % (bootstrap); *n* is how many samples there are.\n\n| what | of | n | smallest | median | largest | 95 % |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range d.Results {
		for _, of := range slices.Sorted(maps.Keys(r.Samples)) {
			s := r.Samples[of]
			low, high := s.interval()
			c := r.Unit.scaleFor(s.median())
			fmt.Fprintf(w, "| %s | %s | %d | %s | %s | %s | %s |\n", cell(r.What), of, len(s), c.number(slices.Min(s)), s.middle(r.Unit), c.number(slices.Max(s)),
				strings.TrimSpace(c.number(low)+"–"+c.number(high)+" "+c.name))
		}
	}
}

// cell keeps a text from ending its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// release is the first two numbers of a kernel's release: the rest says who built it.
func release(kernel string) string {
	return regexp.MustCompile(`^\d+\.\d+`).FindString(kernel)
}

// middle writes the median alone, a dash if there is none.
func (s sample) middle(u unit) string {
	if len(s) == 0 {
		return "-"
	}
	return sample{s.median()}.text(u)
}
