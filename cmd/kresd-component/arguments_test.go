// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets a test start this program in a process of its own, which it
// replaces.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "--arguments" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestAProgramGetsItsArgumentsAsTheyAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gc.json")
	if err := os.WriteFile(file, []byte(`["%s|", "a b", "$HOME", "\"", "\\", "`+"`"+`", ""]`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(os.Args[0], "--arguments", file, "/usr/bin/printf").CombinedOutput()
	if want := "a b|$HOME|\"|\\|`||"; err != nil || string(out) != want {
		t.Errorf("%q (%v), want %q", out, err, want)
	}
}

func TestArgumentsThatCannotBeHad(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       int
		says       string
	}{
		{"none are wanted", "[]", exitConfig, "does not want /usr/bin/no-such"},
		{"no list", `{"a": 1}`, exitConfig, "must hold a JSON list of strings"},
		{"of a newer version", `{"format": 1, "arguments": []}`, exitConfig, "gc.json: it was written by a newer kresd-manager (format 1; this one knows 0): restart kresd-manager"},
		{"no program", `["-a"]`, exitFailed, "cannot start /usr/bin/no-such: no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "gc.json")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			if code := run([]string{"--arguments", file, "/usr/bin/no-such"}, io.Discard, &stderr); code != c.code || !strings.Contains(stderr.String(), c.says) {
				t.Errorf("%d %s", code, stderr.String())
			}
		})
	}
	var stderr bytes.Buffer
	if code := run([]string{"--arguments", "/no/such/file", "/usr/bin/true"}, io.Discard, &stderr); code != exitConfig || !strings.Contains(stderr.String(), "cannot read the arguments") {
		t.Errorf("%d %s", code, stderr.String())
	}
}
