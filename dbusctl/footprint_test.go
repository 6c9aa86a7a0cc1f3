// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFootprint(t *testing.T) {
	dir := t.TempDir()
	later := time.Now().Add(time.Hour)
	dirs := []string{filepath.Join(dir, "etc"), filepath.Join(dir, "lib"), filepath.Join(dir, "none")}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) func() {
		return func() {
			must(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
			must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		}
	}
	write("lib/kresd@.service", "[Unit]\n")()
	write("lib/cron.service", "[Unit]\n")()
	must(os.Mkdir(dirs[0], 0o755))
	print, found := footprint(dirs, nil, later)
	if print == 0 {
		t.Fatal("there is no footprint of files that are old")
	}
	for _, c := range []struct {
		what string
		do   func()
		same bool
	}{
		{"nothing", func() {}, true},
		{"an edit", write("lib/kresd@.service", "[Unit]\n#\n"), false},
		{"an edit of the same length", write("lib/kresd@.service", "[Unit]\n:\n"), false},
		{"an old time", func() { must(os.Chtimes(filepath.Join(dir, "lib/kresd@.service"), time.Unix(1, 0), time.Unix(1, 0))) }, false},
		{"a drop-in in a new folder", write("etc/kresd@1.service.d/a.conf", ""), false},
		{"an edit of it", write("etc/kresd@1.service.d/a.conf", "[Service]\n"), false},
		{"another one in it", write("etc/kresd@1.service.d/b.conf", ""), false},
		{"a file there that is none", write("lib/cron.service", "[Unit]\n#\n"), true},
		{"a drop-in for all services", write("etc/service.d/a.conf", ""), false},
		{"a mask", func() { must(os.Symlink("/dev/null", filepath.Join(dir, "etc/kresd@2.service"))) }, false},
		{"a drop-in less", func() { must(os.Remove(filepath.Join(dir, "etc/kresd@1.service.d/b.conf"))) }, false},
		{"a directory that was not there", func() { must(os.Mkdir(dirs[2], 0o755)) }, false},
	} {
		time.Sleep(20 * time.Millisecond) // more than a tick of the file system's clock
		c.do()
		now, next := footprint(dirs, found, later)
		if now == 0 || (now == print) != c.same {
			t.Errorf("%s: same %t, want %t", c.what, now == print, c.same)
		}
		print, found = now, next
	}
	write("etc/kresd.target", "")()
	if print, _ := footprint(dirs, found, time.Now()); print != 0 {
		t.Error("what was written just now can be written again within a tick")
	}
	if print, _ := footprint(nil, nil, later); print != 0 {
		t.Error("no directories are a footprint")
	}
}
