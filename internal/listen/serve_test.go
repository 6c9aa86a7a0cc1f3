// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kresd-manager/units"
)

// A socket of its own that has lost its path is opened again and served; one that
// systemd has passed is not the manager's to open, nor is a directory.
func TestOnlyAnOwnSocketIsOpenedAgain(t *testing.T) {
	running, path := apiSocket(t)
	passed := listen(t, "unix", filepath.Join(t.TempDir(), "s"))
	d := New([]net.Listener{passed}, false)
	if err := d.Open(running); err != nil {
		t.Fatal(err)
	}
	served := make(chan net.Listener, 3)
	d.Serve(func(l net.Listener) { served <- l })
	for range 2 {
		defer (<-served).Close()
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	theirs, directory := units.Loss{Path: passed.Addr().String(), Socket: true}, units.Loss{Path: filepath.Dir(path)}
	opened, left, err := d.Reopen([]units.Loss{directory, {Path: path, Socket: true}, theirs})
	if err != nil || !slices.Equal(opened, []string{path}) || !slices.Equal(left, []units.Loss{directory, theirs}) {
		t.Fatalf("opened %q, left %+v: %v", opened, left, err)
	}
	again := <-served
	defer again.Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if want := []string{passed.Addr().String(), path}; !slices.Equal(d.Paths(), want) || d.Activated() {
		t.Errorf("paths %q, want %q; activated %t", d.Paths(), want, d.Activated())
	}
	// What cannot be had again is told by its path.
	if err := errors.Join(os.Remove(path), os.Remove(filepath.Dir(path))); err != nil {
		t.Fatal(err)
	}
	_, _, err = d.Reopen([]units.Loss{{Path: path, Socket: true}})
	if want := "cannot listen on " + path + " again: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
