// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager/inmemory"
)

func TestFilesBesideWhatRuns(t *testing.T) {
	const text = "# ours\nworkers: 2 # two\nmanagement:\n  unix-socket: /s\n  roles: [{role: read, token: 0123456789012345678901234567890123456789}]\n"
	c := inmemory.New(t, text)
	s := serveController(t, c, api.Options{}, door.Options{})
	ask := func() (f wire.Files) {
		t.Helper()
		got := s.ask(t, "GET", "/v1/files", "")
		if err := json.Unmarshal([]byte(got.body), &f); err != nil || got.StatusCode != 200 || len(f.Files) != 1 || f.Files[0].Path != c.File {
			t.Fatalf("%d %s", got.StatusCode, got.body)
		}
		return f
	}
	if f := ask(); f.Differs || !f.Diff.Empty() || f.Files[0].Text != text || f.Files[0].Saved != text || f.Files[0].Format != "yaml" || f.Fault != "" {
		t.Errorf("%+v", f)
	}
	// A change over the API shows in what would be saved, and comments stay.
	s.ask(t, "PUT", "/v1/config/workers", "3")
	if f := ask(); !f.Differs || f.Diff.String() != "~ /workers: 2 → 3\n" || f.Files[0].Text != text || f.Files[0].Saved != strings.Replace(text, "2 # two", "3 # two", 1) {
		t.Errorf("%+v", f)
	}
	// What is wrong in the file is shown with the text, to correct it.
	broken := "workers: [\n"
	if err := os.WriteFile(c.File, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := ask(); f.Files[0].Text != broken || !strings.Contains(f.Files[0].Fault, c.File+":2:1") || f.Files[0].Saved != "" {
		t.Errorf("%+v", f)
	}
	if err := os.Remove(c.File); err != nil {
		t.Fatal(err)
	}
	if f := ask(); !strings.Contains(f.Files[0].Fault, "no such file") || f.Files[0].Text != "" {
		t.Errorf("%+v", f)
	}
}

// The text of a change is what would be saved, for as long as the file is the one that it was
// made from and nothing else runs.
func TestTheTextOfAChangeIsKept(t *testing.T) {
	const text, typed = "# ours\nworkers: 2\n", "# ours\nworkers: 3 # three\n"
	c := inmemory.New(t, text)
	s := serveController(t, c, api.Options{}, door.Options{})
	shown := func() wire.File {
		t.Helper()
		var f wire.Files
		if got := s.ask(t, "GET", "/v1/files", ""); json.Unmarshal([]byte(got.body), &f) != nil || len(f.Files) != 1 {
			t.Fatalf("%d %s", got.StatusCode, got.body)
		}
		return f.Files[0]
	}
	tag := shown().Tag
	put := func(query, body string) reply {
		return s.ask(t, "PUT", "/v1/config"+query, body, "Content-Type: application/yaml", acceptJSON)
	}
	for _, c := range []struct {
		query, body string
		status      int
		says        string
	}{
		{"?dry-run=1&keep-text=" + tag, typed, 200, ""},
		{"?keep-text=" + tag, "workers: many # many\n", 400, "/workers"},
		{"?keep-text=", typed, 400, "the tag of a file in /v1/files"},
		{"/workers?keep-text=" + tag, "3", 400, "for the whole configuration"},
		{"?keep-text=" + tag, typed + strings.Repeat("#", 1<<20-10) + "\n", 413, ""},
	} {
		if got := put(c.query, c.body); got.StatusCode != c.status || !strings.Contains(got.body, c.says) {
			t.Errorf("PUT %s: %d %.500s", c.query, got.StatusCode, got.body)
		}
		if f := shown(); f.Kept || f.Saved != text {
			t.Errorf("PUT %s is kept: %+v", c.query, f)
		}
	}
	if got := put("?keep-text="+tag, typed); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if f := shown(); !f.Kept || f.Saved != typed || f.Tag != tag || f.Text != text {
		t.Errorf("%+v", f)
	}
	s.ask(t, "PUT", "/v1/config/workers", "4")
	if f := shown(); f.Kept || f.Saved != "# ours\nworkers: 4\n" {
		t.Errorf("something else runs: %+v", f)
	}
	s.ask(t, "PUT", "/v1/config/workers", "3")
	if f := shown(); !f.Kept || f.Saved != typed {
		t.Errorf("the same runs again: %+v", f)
	}
	if got := s.ask(t, "PATCH", "/v1/config?keep-text="+tag, "[]"); got.StatusCode != 400 {
		t.Errorf("PATCH: %d %s", got.StatusCode, got.body)
	}
	c.Set(t, "# theirs\nworkers: 2\n")
	if f := shown(); f.Kept || f.Saved != "# theirs\nworkers: 3\n" {
		t.Errorf("someone has edited the file: %+v", f)
	}
}

// The files have secrets, also in their comments.
func TestFilesAreForWhoMayChangeThem(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: operate, token: "+configureToken+"}]}", api.Options{})
	if got := s.ask(t, "GET", "/v1/files", "", "Authorization: Bearer "+configureToken); got.StatusCode != 403 || strings.Contains(got.body, "workers") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
