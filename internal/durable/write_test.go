// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestWrite(t *testing.T) {
	both(t, func(t *testing.T) {
		dir := folder(t)
		path := filepath.Join(dir, strings.Repeat("n", 255))
		must(t, Write(path, []byte("one"), 0o600))
		is(t, path, state{"one", 0, 0, 0o600, ""})
		must(t, Write(path, []byte("two"), 0o640))
		is(t, path, state{"two", 0, 0, 0o640, ""})
		// A link is replaced, and not followed.
		other := file(t, filepath.Join(dir, "other"), "other", 0, 0, 0o644)
		link(t, other, filepath.Join(dir, "l"), 0)
		must(t, Write(filepath.Join(dir, "l"), []byte("three"), 0o600))
		is(t, other, state{"other", 0, 0, 0o644, ""})
		if info, err := os.Lstat(filepath.Join(dir, "l")); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%v, %v", info, err)
		}
		only(t, dir, filepath.Base(path), "l", "other")

		err := Write(filepath.Join(dir, "none/f"), nil, 0o600)
		var pe *fs.PathError
		if !errors.As(err, &pe) || pe.Path != filepath.Join(dir, "none/f") || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestLink(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "l")
	for _, target := range []string{"one", "two"} {
		must(t, Link(target, path))
		stays(t, path, target)
	}
	must(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
	refused(t, Link("one", filepath.Join(dir, "d")), "symlink "+dir+"/d: ")
	only(t, dir, "d", "l")
}

func TestRemove(t *testing.T) {
	dir := folder(t)
	file(t, filepath.Join(dir, "f"), "", 0, 0, 0o600)
	for range 2 {
		must(t, Remove(filepath.Join(dir, "f")))
	}
	only(t, dir)
}

func TestWriteFolder(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "g")
	must(t, os.Mkdir(path, 0o700))
	file(t, filepath.Join(path, "half"), "", 0, 0, 0o600) // of a crash
	must(t, WriteFolder(path, map[string]Text{"a": "1", "b": "2"}, 0o750, 0o640))
	only(t, path, "a", "b")
	is(t, filepath.Join(path, "a"), state{"1", 0, 0, 0o640, ""})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("%v, %v", info, err)
	}
	refused(t, WriteFolder(filepath.Join(dir, "h"), map[string]Text{"none/a": "1"}, 0o750, 0o640), "no such file")
	only(t, dir, "g")
}

// TestAtTheSameTime has one of several texts in the end, whole, and nothing else.
func TestAtTheSameTime(t *testing.T) {
	both(t, func(t *testing.T) {
		dir := folder(t)
		path := filepath.Join(dir, "f")
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				text := strings.Repeat(string(rune('a'+i)), 10000)
				for range 10 {
					if err := Write(path, []byte(text), 0o600); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		b, err := os.ReadFile(path)
		if must(t, err); len(b) != 10000 || strings.Trim(string(b), string(b[:1])) != "" {
			t.Errorf("%d bytes, %.10q", len(b), b)
		}
		only(t, dir, "f")
	})
}

// TestCrash leaves what was in the making. It is in no one's way.
func TestCrash(t *testing.T) {
	dir := folder(t)
	p, err := resolve(filepath.Join(dir, "f"))
	must(t, err)
	defer p.close()
	d, err := newDraft(p.dir, "f", 0o200, false)
	must(t, err)
	must(t, d.fill([]byte("half")))
	only(t, dir) // so far there is nothing to leave
	must(t, d.file.Close())

	d, err = newDraft(p.dir, "f", 0o200, true)
	must(t, err)
	must(t, d.file.Close())
	if !strings.HasPrefix(d.name, ".f.new-") {
		t.Errorf("it is called %s", d.name)
	}
	must(t, Save(filepath.Join(dir, "f"), []byte("one"), Options{Mode: 0o640}))
	must(t, Save(filepath.Join(dir, "f"), []byte("two"), Options{Mode: 0o640}))
	must(t, Write(filepath.Join(dir, "f"), []byte("three"), 0o640))
	only(t, dir, "f", d.name)
}
