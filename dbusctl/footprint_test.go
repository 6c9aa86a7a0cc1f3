// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// A change is waited for no longer than a file system may take for its next tick.
func TestHowLongAFileIsYoung(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kresd@.service")
	var changed time.Time
	for changed.Nanosecond() == 0 { // by chance it may be 0
		if err := os.WriteFile(path, []byte("[Unit]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil {
			t.Fatal(err)
		}
		changed = time.Unix(st.Ctim.Unix())
	}
	settled := func(after time.Duration) bool {
		w := walk{now: changed.Add(after), found: map[string]listing{}, settled: true}
		w.stat(path)
		return w.settled
	}
	for after, want := range map[time.Duration]bool{
		-time.Hour: false, 0: false, 20 * time.Millisecond: false, time.Second: true, time.Minute: true,
	} {
		if settled(after) != want {
			t.Errorf("%s after a change it counts as settled: %t, want %t", after, !want, want)
		}
	}
	second := changed.Truncate(time.Second)
	if tick(second) < 2*time.Second {
		t.Errorf("a time of whole seconds may be of a file system with ticks of two: %s", tick(second))
	}
}
