// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// row is a line of a table with the numbers of stock and ours.
var row = regexp.MustCompile(`(?m)^\| (.+?) \| (.+?) \| (.+?) \|(?: .*)?$`)

// TestTheNumbersOfREADMEAreMeasured holds the table at the top of README.md to the one
// that the benchmark has written.
func TestTheNumbersOfREADMEAreMeasured(t *testing.T) {
	measured := map[string][2]string{}
	text, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	// All samples have tables of their own, with names of the same rows.
	_, beside, _ := strings.Cut(string(text), "\n| what | stock | here |")
	beside, _, _ = strings.Cut(beside, "\n\n")
	for _, m := range row.FindAllStringSubmatch(beside, -1) {
		measured[m[1]] = [2]string{m[2], m[3]}
	}
	text, err = os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| | stock | here |\n| --- | --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := row.FindAllStringSubmatch(table, -1)
	if !found || len(rows) < 5 || len(rows) != strings.Count(table, "\n")+1 {
		t.Fatalf("README.md has %d rows with numbers:\n%s", len(rows), table)
	}
	for _, m := range rows {
		if got, want := [2]string{m[2], m[3]}, measured[m[1]]; got != want {
			t.Errorf("README.md says %q of %q, and docs/benchmarks.md %q", got, m[1], want)
		}
	}
}
