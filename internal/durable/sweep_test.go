// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSweepRemovesWhatWasInTheMaking(t *testing.T) {
	dir := folder(t)
	// As this package leaves them when it is killed.
	for _, base := range []string{"running.json", "worker", "0123456789abcdef", strings.Repeat("n", 255)} {
		name, err := unused(base, func(name string) error { return unix.Symlinkat("x", dirfd(t, dir), name) })
		must(t, err)
		t.Log(name)
	}
	// As the one before it did.
	for _, name := range []string{".applying.json2130987654", ".running.json69713"} {
		file(t, filepath.Join(dir, name), "half", 0, 0, 0o600)
	}
	for _, name := range []string{".worker3098127365", ".new-1873645928"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		file(t, filepath.Join(dir, name, "tmp.symlink"), "", 0, 0, 0o600)
	}
	// None of this was.
	kept := []string{"running.json", ".lock", ".hidden", ".2024", "note.new-ABCDEFGHIJKL", "worker12345"}
	for _, name := range kept {
		file(t, filepath.Join(dir, name), "", 0, 0, 0o600)
	}
	removed, err := Sweep(dir)
	if err != nil || len(removed) != 8 {
		t.Errorf("removed %q, %v", removed, err)
	}
	slices.Sort(kept)
	only(t, dir, kept...)

	if removed, err := Sweep(filepath.Join(dir, "none")); err != nil || len(removed) != 0 {
		t.Errorf("of a directory that is not there: %q, %v", removed, err)
	}
	if _, err := Sweep(filepath.Join(dir, "running.json")); err == nil {
		t.Error("a file is taken for an empty directory")
	}
}

// dirfd opens a directory until the test ends.
func dirfd(t *testing.T, dir string) int {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}
