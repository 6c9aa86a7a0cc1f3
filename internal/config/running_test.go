// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"testing"
)

// What runs points at files, where the next fault can be looked up, and at nothing
// that was gone with its request.
func TestWhatRunsPointsAtFilesOnly(t *testing.T) {
	const text = "workers: 2\nnetwork:\n  listen:\n    - interface: 127.0.0.1@5353\n"
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body, err := Parse("request body", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	value, err := Parse("request body", []byte("3"))
	if err != nil {
		t.Fatal(err)
	}
	edited, err := file.Put("/workers", value)
	if err != nil {
		t.Fatal(err)
	}
	host := Host{CPUs: 1, Hostname: "h", BaseDir: "/"}
	for name, c := range map[string]struct {
		doc  *Document
		file string
		line int
	}{
		"a file":            {file, path, 4},
		"an edited file":    {edited, path, 4},
		"the whole by body": {body, "", 0},
	} {
		cfg, err := c.doc.Config(host)
		if err != nil {
			t.Fatal(err)
		}
		running := c.doc.Running(cfg)
		if string(running.JSON()) != string(c.doc.JSON()) || running.ETag() != c.doc.ETag() {
			t.Errorf("%s: another configuration runs: %s", name, running.JSON())
		}
		next, err := running.Delete("/network/listen/0/interface")
		if err != nil {
			t.Fatal(err)
		}
		_, found := next.Check(host)
		if len(found) != 1 || found[0].File != c.file || found[0].Line != c.line {
			t.Errorf("%s: a later fault is told as %q", name, found)
		}
	}
}
