// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"os"
	"path/filepath"
	"testing"
)

// stays fails the test unless a link leads where it did.
func stays(t *testing.T, path, target string) {
	t.Helper()
	if got, err := os.Readlink(path); err != nil || got != target {
		t.Errorf("the link %s leads to %q now (%v)", filepath.Base(path), got, err)
	}
}

func TestLinkStays(t *testing.T) {
	both(t, func(t *testing.T) {
		dir := folder(t)
		must(t, os.MkdirAll(filepath.Join(dir, "a/b"), 0o755))
		real := file(t, filepath.Join(dir, "a/b/f"), "old", 0, 0, 0o640)
		link(t, "../a/./b/f", filepath.Join(dir, "a/one"), 0)
		link(t, dir+"/a/one", filepath.Join(dir, "two"), 0)
		link(t, "a//b/", filepath.Join(dir, "folder"), 0)
		t.Chdir(dir)
		for _, path := range []string{"two", dir + "/two", "./a/../two", "folder/f", "folder/../b/f", "a/b/f"} {
			before := stateOf(t, real)
			must(t, os.WriteFile(real, []byte("old"), 0))
			must(t, Save(path, []byte("by "+path), Options{Was: []byte("old")}))
			before.text = "by " + path
			if got := stateOf(t, real); got != before {
				t.Errorf("%s: %+v", path, got)
			}
		}
		stays(t, "a/one", "../a/./b/f")
		stays(t, "two", dir+"/a/one")
		stays(t, "folder", "a//b/")
		only(t, dir, "a", "two", "folder")
		only(t, dir+"/a", "b", "one")
		only(t, dir+"/a/b", "f")
	})
}

// TestDanglingLink makes the file where the link leads, as a shell does.
func TestDanglingLink(t *testing.T) {
	both(t, func(t *testing.T) {
		dir := folder(t)
		must(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
		link(t, "d/next", filepath.Join(dir, "l"), 0)
		link(t, "f", filepath.Join(dir, "d/next"), 0)
		must(t, Save(filepath.Join(dir, "l"), []byte("new"), Options{Mode: 0o640}))
		stays(t, filepath.Join(dir, "l"), "d/next")
		stays(t, filepath.Join(dir, "d/next"), "f")
		is(t, filepath.Join(dir, "d/f"), state{"new", 0, 0, 0o640, ""})

		link(t, "none/f", filepath.Join(dir, "nowhere"), 0)
		refused(t, Save(filepath.Join(dir, "nowhere"), nil, Options{}), dir+"/none: no such file or directory")
		stays(t, filepath.Join(dir, "nowhere"), "none/f")
		only(t, dir, "d", "l", "nowhere")
		only(t, dir+"/d", "next", "f")
	})
}

func TestCircle(t *testing.T) {
	dir := folder(t)
	link(t, "b", filepath.Join(dir, "a"), 0)
	link(t, "a", filepath.Join(dir, "b"), 0)
	link(t, "self/x", filepath.Join(dir, "self"), 0)
	for _, name := range []string{"a", "b", "self"} {
		refused(t, Save(filepath.Join(dir, name), nil, Options{}), "too many symbolic links, which may lead in a circle")
	}
	only(t, dir, "a", "b", "self")
}

func TestPathsThatLeadNowhere(t *testing.T) {
	dir := folder(t)
	file(t, filepath.Join(dir, "f"), "old", 0, 0, 0o640)
	t.Chdir(dir)
	for path, words := range map[string]string{
		"":        "no such file or directory",
		"none/f":  "no such file or directory",
		"new/":    "no such file or directory",
		"f/":      "not a directory",
		"f/x":     "not a directory",
		"/":       "is a directory",
		".":       "is a directory",
		"..":      "is a directory",
		dir:       "is a directory",
		dir + "/": "is a directory",
	} {
		refused(t, Save(path, []byte("new"), Options{}), words)
	}
	only(t, dir, "f")
}
