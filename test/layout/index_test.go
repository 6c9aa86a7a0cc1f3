// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestTheIndexOfHackingIsTrue holds that the files and folders which HACKING.md names are
// there.
func TestTheIndexOfHackingIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../HACKING.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("`((?:api|cmd|dbusctl|fleet|generator|internal|packaging|test|units|web)(?:/[a-z0-9_*.-]+)*)`").FindAllStringSubmatch(string(text), -1)
	if len(found) < 40 {
		t.Fatalf("%d names are found", len(found))
	}
	for _, m := range found {
		if there, err := filepath.Glob(filepath.Join("../..", m[1])); err != nil || len(there) == 0 {
			t.Errorf("%s is not there", m[1])
		}
	}
}
