// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// markdown writes docs/benchmarks.md: medians alone, and what was measured how. README.md
// repeats some of its lines, which test/layout holds equal.
func (b *bench) markdown(w io.Writer) {
	fmt.Fprint(w, `# Benchmarks

kresd-manager beside the manager that Knot Resolver brings: the same resolver and the same configuration file on two machines of one host,
every measurement taken in turn on both. A busy host makes both slower; the gain is of one run, and is what counts. *Floor* is what systemd
and the daemons take for the same work without any manager.

This file is made by `+"`go run ./test/bench --markdown docs/benchmarks.md`"+`, which needs root; the numbers are medians.

`)
	h := b.host
	fmt.Fprintf(w, "%s; %d workers; knot-resolver6 %s, systemd %s, %d cores, Linux %s, %s; load average %s before and %s after.\n\n",
		b.began.UTC().Format("2006-01-02"), workers, h.Versions["knot-resolver6"], h.Versions["systemd"], h.Cores, release(h.Kernel), h.Go, h.Load, loadAverage())
	fmt.Fprint(w, "| what | stock | here | floor | gain |\n| --- | --- | --- | --- | --- |\n")
	notes := ""
	for _, r := range b.rows {
		what := strings.ReplaceAll(r.what, "|", `\|`)
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", what, r.stock.middle(r.unit), r.ours.middle(r.unit), r.floor.middle(r.unit), r.gain())
		if r.note != "" {
			notes += "- " + what + ": " + r.note + "\n"
		}
	}
	if notes != "" {
		fmt.Fprint(w, "\n"+notes)
	}
}

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

// writeMarkdown writes the document to a file.
func (b *bench) writeMarkdown(path string) error {
	var text strings.Builder
	b.markdown(&text)
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("cannot write the document: %w", err)
	}
	return nil
}
