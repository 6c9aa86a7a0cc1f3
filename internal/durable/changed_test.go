// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestChanged finds what someone else did between reading and writing.
func TestChanged(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(path string) error
		what   string // there afterwards
	}{
		{"written", func(path string) error { return os.WriteFile(path, []byte("edited"), 0) }, "edited"},
		{"longer", func(path string) error { return os.WriteFile(path, []byte("old and more"), 0) }, "old and more"},
		{"emptied", func(path string) error { return os.Truncate(path, 0) }, ""},
		{"removed", os.Remove, "-"},
		{"a FIFO", func(path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o600)) }, "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, filepath.Join(folder(t), "f"), "old", 0, 0, 0o640)
			must(t, c.change(path))
			if err := Save(path, []byte("new"), Options{Was: []byte("old")}); !errors.Is(err, ErrChanged) {
				t.Errorf("the error is %v", err)
			}
			if c.what != "-" {
				is(t, path, state{c.what, 0, 0, 0o640, ""})
			}
		})
	}
	t.Run("an empty file stays empty", func(t *testing.T) {
		path := file(t, filepath.Join(folder(t), "f"), "", 0, 0, 0o640)
		must(t, Save(path, []byte("new"), Options{Was: []byte{}}))
		if err := Save(path, []byte("new"), Options{Was: []byte{}}); !errors.Is(err, ErrChanged) {
			t.Errorf("the error is %v", err)
		}
	})
}

// TestChangedMeanwhile finds what someone else does while the new text is
// being written.
func TestChangedMeanwhile(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"written": func(path string) error { return os.WriteFile(path, []byte("OLD"), 0) },
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+"2", []byte("old"), 0o640), os.Rename(path+"2", path))
		},
		"removed": os.Remove,
		"linked":  func(path string) error { return os.Link(path, path+"2") },
		"chmod":   func(path string) error { return os.Chmod(path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, filepath.Join(folder(t), "f"), "old", 0, 0, 0o640)
			tick(t, path)
			complete = func() { must(t, change(path)) }
			defer func() { complete = func() {} }()
			if err := Save(path, []byte("new"), Options{}); !errors.Is(err, ErrChanged) {
				t.Errorf("the error is %v", err)
			}
			if b, _ := os.ReadFile(path); string(b) == "new" {
				t.Error("it is replaced")
			}
		})
	}
	t.Run("within a tick of the clock", func(t *testing.T) {
		path := file(t, filepath.Join(folder(t), "f"), "old", 0, 0, 0o640)
		p, err := resolve(path)
		must(t, err)
		defer p.close()
		old, err := p.open(unix.O_RDONLY)
		must(t, err)
		defer old.Close()
		must(t, os.WriteFile(path, []byte("OLD"), 0))
		must(t, p.look(&p.stat)) // all that can be seen is as it was
		if err := p.unchanged(old, []byte("old")); !errors.Is(err, ErrChanged) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("nothing but read", func(t *testing.T) {
		path := file(t, filepath.Join(folder(t), "f"), "old", 0, 0, 0o640)
		complete = func() { _, err := os.ReadFile(path); must(t, err) }
		defer func() { complete = func() {} }()
		must(t, Save(path, []byte("new"), Options{Was: []byte("old")}))
	})
	// Whoever owns the directory can take away what is about to be renamed.
	t.Run("the new file", func(t *testing.T) {
		alwaysNamed = true
		defer func() { alwaysNamed = false }()
		dir := folder(t)
		path := file(t, filepath.Join(dir, "f"), "old", 0, 0, 0o640)
		complete = func() {
			names, err := filepath.Glob(dir + "/.f.new-*")
			must(t, err)
			must(t, os.WriteFile(dir+"/theirs", []byte("theirs"), 0o600))
			must(t, os.Rename(dir+"/theirs", names[0]))
		}
		defer func() { complete = func() {} }()
		if err := Save(path, []byte("new"), Options{}); !errors.Is(err, ErrChanged) {
			t.Errorf("the error is %v", err)
		}
	})
}

// tick waits until the clock of a file system has gone on.
func tick(t *testing.T, path string) {
	t.Helper()
	var a, b unix.Stat_t
	at := path + ".tick"
	must(t, os.WriteFile(at, nil, 0o600))
	must(t, unix.Stat(at, &a))
	for b = a; b.Ctim == a.Ctim; time.Sleep(time.Millisecond) {
		must(t, os.WriteFile(at, []byte("x"), 0o600))
		must(t, unix.Stat(at, &b))
	}
	must(t, os.Remove(at))
}

// TestMadeMeanwhile does not write over what someone else has made.
func TestMadeMeanwhile(t *testing.T) {
	both(t, func(t *testing.T) {
		dir := folder(t)
		p, err := resolve(filepath.Join(dir, "f"))
		must(t, err)
		defer p.close()
		file(t, filepath.Join(dir, "f"), "theirs", 0, 0, 0o640)
		err = nameless(func(named bool) error { return p.create([]byte("new"), 0o640, named) })
		if !errors.Is(err, ErrChanged) {
			t.Errorf("the error is %v", err)
		}
		is(t, filepath.Join(dir, "f"), state{"theirs", 0, 0, 0o640, ""})
		only(t, dir, "f")
	})
}
