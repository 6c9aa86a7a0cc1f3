// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNothingIsOpenedThatOthersCanReplace(t *testing.T) {
	root := t.TempDir()
	owner = uint32(os.Geteuid())
	defer func() { owner = 0 }()
	for dir, mode := range map[string]os.FileMode{"srv/cache": 0o777, "open/cache": 0o755, "sticky/cache": 0o755, "group/cache": 0o755} {
		path := filepath.Join(root, dir)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for dir, mode := range map[string]os.FileMode{"open": 0o777, "sticky": 0o777 | os.ModeSticky, "group": 0o775} {
		if err := os.Chmod(filepath.Join(root, dir), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("srv", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{
		"/srv/cache": true, "/srv/none/cache": true, "/none": true,
		"/open/cache": false, "/open/none": false, "/sticky/none": false, "/group/cache": false,
		"/link/cache": false, "/link": false, "/file": false, "/file/x": false,
		"/srv/cache/below": false, // the cache itself is for others to write
	} {
		if got := RootsAlone(root, dir); got != want {
			t.Errorf("%s: %t", dir, got)
		}
	}
	owner++
	if RootsAlone(root, "/srv/cache") {
		t.Error("what belongs to someone else is opened")
	}
}
