// SPDX-License-Identifier: Apache-2.0

// Package web builds the pages from their sources and holds what is committed to it. It
// needs Node.js, and npm to fetch the packages that web/package-lock.json pins.
package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const sources = "../../web"

// TestThePagesAreBuiltFromTheirSources checks the types of the sources, runs the unit
// tests, and compares web/dist with what they give, unpacked: the packed bytes depend on
// the version of zlib.
func TestThePagesAreBuiltFromTheirSources(t *testing.T) {
	at := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "tsconfig.json", "build.mjs", "test.mjs", "src", "test"} {
		from := filepath.Join(sources, name)
		info, err := os.Stat(from)
		if err != nil {
			t.Fatal(err)
		}
		if !info.IsDir() {
			text, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(at, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if err := os.CopyFS(filepath.Join(at, name), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	run(t, at, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	for _, script := range []string{"check", "test", "build"} {
		run(t, at, "npm", "run", "--silent", script)
	}
	want, got := contents(t, filepath.Join(sources, "dist")), contents(t, filepath.Join(at, "dist"))
	for name, text := range got {
		if old, found := want[name]; !found {
			t.Errorf("web/dist has no %s: make web", name)
		} else if !bytes.Equal(old, text) {
			t.Errorf("web/dist/%s is not what the sources give: make web", name)
		}
	}
	for name := range want {
		if _, found := got[name]; !found {
			t.Errorf("web/dist/%s is made of no source: make web", name)
		}
	}
}

func run(t *testing.T, at, program string, arguments ...string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%v: the pages are built with Node.js 20 or newer and npm", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir = at
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(arguments, " "), err, out)
	}
}

// contents are the files of a folder by their names, unpacked.
func contents(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		packed, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		if !strings.HasSuffix(path, ".gz") {
			files[path] = packed
			return nil
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		files[path], err = io.ReadAll(z)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
