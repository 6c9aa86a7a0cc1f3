// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
)

// TestFilesAreReadAgainOnlyWhenTheyAreOthers: a status costs no reading.
func TestFilesAreReadAgainOnlyWhenTheyAreOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reads := 0
	f := files{paths: []string{path}, read: func() (*config.Document, error) { reads++; return config.ReadFile(path) }}
	look := func() string {
		etag, fault := f.now(t.Context())
		if (etag == "") == (fault == "") {
			t.Errorf("it says %q and %q", etag, fault)
		}
		return etag + fault
	}
	write("workers: 2\n")
	first := look()
	for range 3 {
		if now := look(); now != first {
			t.Errorf("%s is not %s", now, first)
		}
	}
	if reads != 1 {
		t.Errorf("it was read %d times", reads)
	}
	write("workers: 3\n")
	if second := look(); second == first || reads != 2 {
		t.Errorf("after an edit: %s, and %d reads", second, reads)
	}
	write("workers: 2 # as before\n")
	if again := look(); again != first {
		t.Errorf("a comment makes it another one: %s, %s", again, first)
	}
	write("workers: [")
	if fault := look(); !strings.Contains(fault, path+":2:") {
		t.Errorf("a broken file: %s", fault)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if fault := look(); !strings.Contains(fault, "no such file") {
		t.Errorf("no file: %s", fault)
	}
}
