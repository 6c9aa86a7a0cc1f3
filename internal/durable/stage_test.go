// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	must(t, Write(path, []byte("old"), 0o600))
	s, err := Stage(path, []byte("new"), 0o600)
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

	s, err = Stage(path, []byte("never"), 0o600)
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
	if _, err := Stage(filepath.Join(dir, "none/file"), nil, 0o600); err == nil {
		t.Error("staged in a directory that is not there")
	}
}
