// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("good.txt", "workers: 2\n")
	write("bad.yaml", "workers: [\n")
	if err := syscall.Mkfifo(path("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	large, err := os.Create(path("large"))
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	if err := large.Truncate(text.MaxBytes + 1); err != nil {
		t.Fatal(err)
	}

	d, err := ReadFile(path("good.txt"))
	if err != nil || string(d.JSON()) != `{"workers":2}` {
		t.Errorf("got %v, %v", d, err)
	}
	for name, want := range map[string]string{
		"none":     "cannot read DIR/none: no such file or directory",
		"fifo":     "cannot read DIR/fifo: not a regular file",
		"":         "cannot read DIR: is a directory",
		"bad.yaml": "DIR/bad.yaml:2:1: not valid YAML: did not find expected node content, while parsing a flow node",
		"large":    "DIR/large: larger than 64 MiB",
	} {
		_, err := ReadFile(path(name))
		if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	for name, typed := range map[string]bool{"none": true, "fifo": true, "": true, "large": true, "bad.yaml": false} {
		_, err := ReadFile(path(name))
		var unread *FileError
		if errors.As(err, &unread) != typed || typed && unread.Path != filepath.Join(dir, name) {
			t.Errorf("%s: got %T %+v", name, err, unread)
		}
		var problems tree.Problems
		if errors.As(err, &problems) != (name == "large" || name == "bad.yaml") {
			t.Errorf("%s: got %T %v", name, err, problems)
		}
	}
	if _, err := ReadFile(path("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist in the chain", err)
	}
}

func TestReadFileTakesTheStandardInput(t *testing.T) {
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	for text, want := range map[string]string{"workers = 2": "", "workers: [": "<stdin>:2:1: "} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString(text); err != nil {
			t.Fatal(err)
		}
		w.Close()
		os.Stdin = r
		_, err = ReadFile("-")
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
		r.Close()
	}
}
