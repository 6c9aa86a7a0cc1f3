// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEachPromiseHasATest: test/promises has a file for each promise of README.md, with
// one test that is named for it, and no other.
func TestEachPromiseHasATest(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What it promises\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var promised []string
	for _, m := range regexp.MustCompile(`(?m)^\* \*\*(.+)\.\*\*`).FindAllStringSubmatch(section, -1) {
		promised = append(promised, strings.ToLower(m[1]))
	}
	if len(promised) < 8 {
		t.Fatalf("only %d promises are found: %q", len(promised), promised)
	}
	entries, err := os.ReadDir("../promises")
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, e := range entries {
		name, test := strings.CutSuffix(e.Name(), "_test.go")
		if !test || name == "main" {
			continue
		}
		kept = append(kept, strings.ReplaceAll(name, "_", " "))
		text, err := os.ReadFile("../promises/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		tests := regexp.MustCompile(`(?m)^func Test(\w+)\(`).FindAllStringSubmatch(string(text), -1)
		if len(tests) != 1 || !strings.EqualFold(tests[0][1], strings.ReplaceAll(name, "_", "")) {
			t.Errorf("%s has the tests %q", e.Name(), tests)
		}
	}
	slices.Sort(promised)
	slices.Sort(kept)
	if diff := cmp.Diff(promised, kept); diff != "" {
		t.Errorf("promises of README.md (-) and files in test/promises (+):\n%s", diff)
	}
}
