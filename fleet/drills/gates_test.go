// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// gate is a figure, and what it has to be at most.
type gate struct {
	what string
	is   float64
	most float64
	unit string
}

func (g gate) ok() bool { return g.is <= g.most && !math.IsNaN(g.is) }

// gates are figures in the order in which they were measured.
type gates []gate

func (g *gates) add(what string, is, most float64, unit string) {
	*g = append(*g, gate{what, is, most, unit})
}

// seconds is add for a time.
func (g *gates) seconds(what string, is time.Duration, most float64) {
	g.add(what, is.Seconds(), most, "s")
}

// number is a figure with as many digits as say something.
func number(v float64) string {
	switch {
	case v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case v < 1:
		return fmt.Sprintf("%.2f", v)
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func amount(v float64, unit string) string { return strings.TrimSpace(number(v) + " " + unit) }

// print prints them as a table, and in red those that are missed if that is for a terminal.
func (g gates) print(colours bool) string {
	width := 0
	for _, x := range g {
		width = max(width, len(x.what))
	}
	var text strings.Builder
	for _, x := range g {
		line := fmt.Sprintf("%-*s  %12s  at most %s", width, x.what, amount(x.is, x.unit), amount(x.most, x.unit))
		switch {
		case x.ok():
		case colours:
			line = "\x1b[31m" + line + "  missed\x1b[0m" // ECMA-48, 8.3.117
		default:
			line += "  missed"
		}
		fmt.Fprintln(&text, line)
	}
	return text.String()
}

// markdown is the table of the document.
func (g gates) markdown() string {
	var text strings.Builder
	text.WriteString("| | measured | at most |\n| --- | --- | --- |\n")
	for _, x := range g {
		is := amount(x.is, x.unit)
		if !x.ok() {
			is = "**" + is + "**"
		}
		fmt.Fprintf(&text, "| %s | %s | %s |\n", x.what, is, amount(x.most, x.unit))
	}
	return text.String()
}

// document is where the figures are kept, between two marks.
const (
	document = "../../docs/fleet.md"
	begins   = "<!-- make bench-fleet writes this -->\n"
	ends     = "<!-- until here -->\n"
)

// write puts a table into the text of the document.
func write(text []byte, table string) ([]byte, error) {
	head, rest, begun := bytes.Cut(text, []byte(begins))
	_, tail, ended := bytes.Cut(rest, []byte(ends))
	if !begun || !ended {
		return nil, fmt.Errorf("%s has no place for the table", document)
	}
	return bytes.Join([][]byte{head, []byte(begins), []byte(table), []byte(ends), tail}, nil), nil
}

func TestGatesAreShown(t *testing.T) {
	var g gates
	g.add("requests", 51.2, 60, "per second")
	g.seconds("a rollout", 95*time.Second, 90)
	g.add("hosts that changed", 0, 0, "")
	if got, want := g.print(true), "requests            51 per second  at most 60 per second\n\x1b[31ma rollout                   95 s  at most 90 s  missed\x1b[0m\nhosts that changed             0  at most 0\n"; got != want {
		t.Errorf("printed\n%q, not\n%q", got, want)
	}
	if got := g.print(false); strings.Contains(got, "\x1b") || strings.Count(got, "missed") != 1 {
		t.Errorf("printed %q", got)
	}
	got, err := write([]byte("a\n"+begins+"old\n"+ends+"b\n"), g.markdown())
	if want := "a\n" + begins + "| | measured | at most |\n| --- | --- | --- |\n| requests | 51 per second | 60 per second |\n| a rollout | **95 s** | 90 s |\n| hosts that changed | 0 | 0 |\n" + ends + "b\n"; err != nil || string(got) != want {
		t.Errorf("wrote %q (%v)", got, err)
	}
	if _, err := write([]byte("a\n"), ""); err == nil {
		t.Error("a document without a place is written")
	}
}

// TestTheDocumentHasTheFigures: no one edits them, and none is missed.
func TestTheDocumentHasTheFigures(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), begins)
	table, _, found := strings.Cut(rest, ends)
	if rows := strings.Count(table, "\n") - 2; !found || rows < 15 || strings.Contains(table, "**") {
		t.Errorf("the document has %d figures, or one that is missed:\n%s", rows, table)
	}
}
