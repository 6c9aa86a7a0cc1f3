// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// told matches what a document has people type for make(1), in a block of code or in a line.
var told = regexp.MustCompile("(?m)(?:^    |`)(?:sudo )?make ((?:[a-z][a-z-]*[a-z]\\b ?)+)")

// TestEveryTargetIsThere: each target of make that a document names is in the Makefile.
func TestEveryTargetIsThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(text), -1) {
		targets[m[1]] = true
	}
	found := 0
	for path, text := range documents(t) {
		for _, m := range told.FindAllStringSubmatch(text, -1) {
			for target := range strings.FieldsSeq(m[1]) {
				found++
				if !targets[target] {
					t.Errorf("%s: make %s: there is no such target", path, target)
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d targets are looked at", found)
	}
}
