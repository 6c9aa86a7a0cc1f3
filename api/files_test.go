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

// The files have secrets, also in their comments.
func TestFilesAreForWhoMayChangeThem(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: operate, token: "+configureToken+"}]}", api.Options{})
	if got := s.ask(t, "GET", "/v1/files", "", "Authorization: Bearer "+configureToken); got.StatusCode != 403 || strings.Contains(got.body, "workers") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
