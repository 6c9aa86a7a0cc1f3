// SPDX-License-Identifier: Apache-2.0

package token

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRead(t *testing.T) {
	good := strings.Repeat("x", Min)
	for name, c := range map[string]struct{ text, want, err string }{
		"a token":         {good + "\n", good, ""},
		"without newline": {good, good, ""},
		"the longest":     {strings.Repeat("x", Max) + "\n", strings.Repeat("x", Max), ""},
		"too long":        {strings.Repeat("x", Max+2), "", "must hold one token in one line"},
		"two":             {good + "\n" + good, "", "must hold one token in one line"},
		"too short":       {good[1:], "", "is shorter than 32 bytes"},
		"empty":           {"", "", "is shorter than 32 bytes"},
	} {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), path)) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	dir := t.TempDir()
	if _, err := Read(dir + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := unix.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "is a directory", dir + "/fifo": "it is not a regular file"} { // neither waits
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
