// SPDX-License-Identifier: Apache-2.0

package writeback

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/source"
	"kresd-manager/internal/verbatim"
	"kresd-manager/units"
)

// told is what a manager tells that runs a configuration, and has read a text from a
// file.
func told(t *testing.T, running, file, text string) Running {
	t.Helper()
	doc := func(text string) *config.Document {
		d, err := config.Parse("", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	r := Running{Value: []byte(running), ETag: doc(running).ETag()}
	r.Status = units.Status{File: file, Files: []string{file}, FileETag: doc(text).ETag()}
	return r
}

func TestTheFileSaysWhatRunsAndKeepsItsComments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	const before, after = "# ours\nworkers: 2 # two\n", "# ours\nworkers: 3 # two\n"
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	edits, err := Edits(&source.Reader{}, []string{file}, told(t, `{"workers":3}`, file, before), false)
	if err != nil || len(edits) != 1 || edits[0].File != file || string(edits[0].After) != after || !edits[0].Changes() {
		t.Errorf("%+v, %v", edits, err)
	}
	if edits, err := Edits(&source.Reader{}, []string{file}, told(t, `{"workers":2}`, file, before), false); err != nil || edits[0].Changes() {
		t.Errorf("%+v, %v", edits, err)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != before {
		t.Errorf("it has written %q, %v", now, err)
	}
}

// The text with which what runs was sent takes the place of the file from which it was made,
// with the comments in it, and of no other.
func TestTheTextThatWasSentIsSaved(t *testing.T) {
	const before, typed, edited = "# ours\nworkers: 2\n", "# ours\nworkers: 3 # for the new office\n", "# ours\nworkers: 3\n"
	for name, c := range map[string]struct{ text, base, want string }{
		"as it was sent":                  {typed, before, typed},
		"only comments":                   {"# only ours\n" + typed, before, "# only ours\n" + typed},
		"none":                            {"", before, edited},
		"made from what is there no more": {typed, "# ours\n", edited},
		"it says something else":          {"workers: 4 # four\n", before, edited},
		"in another language":             {"{\"workers\": 3}", before, edited},
		"it says nothing":                 {"workers: [", before, edited},
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		running := told(t, `{"workers":3}`, file, before)
		running.Text = func(base string) string {
			if base != verbatim.Tag([]byte(c.base)) {
				return ""
			}
			return c.text
		}
		edits, err := Edits(&source.Reader{}, []string{file}, running, false)
		if err != nil || len(edits) != 1 || string(edits[0].After) != c.want || edits[0].Sent != (c.want != edited) {
			t.Errorf("%s: %+v, %v", name, edits, err)
		}
	}
}

// Whoever sits on the socket in place of the manager chooses no file, and loses no
// secret and no edit.
func TestWhatTheManagerTellsIsNotObeyed(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "other.yaml")
	const text = "workers: 2\n"
	for _, f := range []string{file, other} {
		if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nothing := told(t, `{}`, file, text)
	nothing.Status.Files = nil
	for name, c := range map[string]struct {
		running Running
		want    string
	}{
		"another file":            {told(t, `{}`, other, text), "the manager reads " + other + ", and kresctl would write " + file},
		"a path that leads there": {told(t, `{}`, dir+"/./config.yaml", text), "and kresctl would write " + file},
		"no file":                 {nothing, "the manager does not say which file it reads"},
		"no secrets":              {told(t, `{"management":{"roles":[{"role":"read","token":"`+config.RedactedText+`"}]}}`, file, text), "hides the secrets"},
		"an edit that is not its": {told(t, `{"workers":3}`, file, "workers: 1\n"), file + " was edited since the manager read it"},
		"no configuration":        {Running{Value: []byte(`[`), Status: nothing.Status}, "the manager does not say"},
	} {
		if edits, err := Edits(&source.Reader{}, []string{file}, c.running, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v", name, edits, err)
		}
	}
	if edits, err := Edits(&source.Reader{}, []string{file}, told(t, `{"workers":3}`, file, "workers: 1\n"), true); err != nil || string(edits[0].After) != "workers: 3\n" {
		t.Errorf("by force: %+v, %v", edits, err)
	}
}
