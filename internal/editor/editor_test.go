// SPDX-License-Identifier: Apache-2.0

package editor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestADraftIsForNoOneElse: others can neither read it nor put anything beside it.
func TestADraftIsForNoOneElse(t *testing.T) {
	d, err := New("/etc/knot-resolver/config.yaml", []byte("a: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Remove()
	if filepath.Base(d.Path) != "config.yaml" {
		t.Errorf("an editor cannot tell what %s is", d.Path)
	}
	for path, mode := range map[string]os.FileMode{d.Path: 0o600, filepath.Dir(d.Path): 0o700} {
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", path, st.Mode(), err)
		}
	}
	text, err := d.Edit(t.Context(), "sed -i s/1/2/")
	if err != nil || string(text) != "a: 2\n" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := d.Edit(t.Context(), "exit 3;"); err == nil || !strings.Contains(err.Error(), "ended with exit status 3") {
		t.Errorf("an editor that fails: %v", err)
	}
	d.Remove()
	if _, err := os.Stat(filepath.Dir(d.Path)); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestNotes(t *testing.T) {
	text := WithNotes([]byte("#!x\na: 1\n"), []string{"one\ntwo", ""})
	if want := "#! one two\n#!\n#!x\na: 1\n"; string(text) != want {
		t.Errorf("%q, want %q", text, want)
	}
	for text, want := range map[string]string{"#! one\n#!\na: 1\n": "a: 1\n", "# one\n": "# one\n", "#! one": "", "": ""} {
		if got := string(WithoutNotes([]byte(text))); got != want {
			t.Errorf("%q without notes is %q, not %q", text, got, want)
		}
	}
}

func TestTheEditorIsTheUsersOwn(t *testing.T) {
	for _, c := range []struct{ visual, editor, want string }{{"a", "b", "a"}, {" ", "b -w", "b -w"}} {
		t.Setenv("VISUAL", c.visual)
		t.Setenv("EDITOR", c.editor)
		if got, err := Command(); got != c.want || err != nil {
			t.Errorf("%q %v, want %q", got, err, c.want)
		}
	}
	t.Setenv("VISUAL", "")
	t.Setenv("EDITOR", "")
	t.Setenv("PATH", t.TempDir())
	if got, err := Command(); err == nil {
		t.Errorf("it is %q where there is none", got)
	}
}
