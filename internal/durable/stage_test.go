// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Text is what a file is to hold.
type Text string

func (t Text) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, string(t))
	return int64(n), err
}

func TestStage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	must(t, Write(path, []byte("old"), 0o600))
	s, err := StageFrom(path, Text("new").WriteTo, 0o600)
	must(t, err)
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Errorf("in force before its time: %q", b)
	}
	must(t, s.Enact())
	s.Drop()
	must(t, s.Enact())
	if b, _ := os.ReadFile(path); string(b) != "new" {
		t.Errorf("not in force: %q", b)
	}
	only(t, dir, "file")

	s, err = StageFrom(path, Text("never").WriteTo, 0o600)
	must(t, err)
	s.Drop()
	must(t, s.Enact())
	if b, _ := os.ReadFile(path); string(b) != "new" {
		t.Errorf("what was dropped is in force: %q", b)
	}
	only(t, dir, "file")

	var none *Staged
	none.Drop()
	must(t, none.Enact())
	if _, err := StageFrom(filepath.Join(dir, "none/file"), Text("").WriteTo, 0o600); err == nil {
		t.Error("staged in a directory that is not there")
	}
}
