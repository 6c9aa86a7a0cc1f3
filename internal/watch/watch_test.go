// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryWayToReplaceAFileIsSeen(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string){
		"written in place": func(t *testing.T, dir string) { write(t, dir+"/file", "new!") },
		"renamed over": func(t *testing.T, dir string) {
			write(t, dir+"/tmp", "new!")
			try(t, os.Rename(dir+"/tmp", dir+"/file"))
		},
		"deleted and made": func(t *testing.T, dir string) { try(t, os.Remove(dir+"/file")); write(t, dir+"/file", "new!") },
		"a link switched": func(t *testing.T, dir string) {
			write(t, dir+"/v3", "new!")
			try(t, os.Symlink("v3", dir+"/l"))
			try(t, os.Rename(dir+"/l", dir+"/file"))
		},
		"the link's target": func(t *testing.T, dir string) {
			try(t, os.Remove(dir+"/file"))
			try(t, os.Symlink("real/a", dir+"/file"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir+"/file", "old")
			write(t, dir+"/other", "old")
			try(t, os.Mkdir(dir+"/real", 0o755))
			write(t, dir+"/real/a", "of a link")
			f := start(t, dir+"/file", dir+"/other")
			change(t, dir)
			if diff := cmp.Diff([]string{dir + "/file"}, next(t, f)); diff != "" {
				t.Error(diff)
			}
			// And once more, wherever the file is now.
			real, err := filepath.EvalSymlinks(dir + "/file")
			try(t, err)
			write(t, real, "newer still")
			if diff := cmp.Diff([]string{dir + "/file"}, next(t, f)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestASwitchedDirectoryIsSeen(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"v1", "v2"} {
		try(t, os.Mkdir(filepath.Join(dir, v), 0o755))
		write(t, filepath.Join(dir, v, "tls.crt"), v)
	}
	try(t, os.Symlink("v1", dir+"/..data"))
	try(t, os.Symlink("..data/tls.crt", dir+"/tls.crt"))
	f := start(t, dir+"/tls.crt")
	try(t, os.Symlink("v2", dir+"/..tmp"))
	try(t, os.Rename(dir+"/..tmp", dir+"/..data"))
	if diff := cmp.Diff([]string{dir + "/tls.crt"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoFilesWrittenTogetherAreReportedOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a", "1")
	write(t, dir+"/b", "1")
	f := start(t, dir+"/a", dir+"/b")
	write(t, dir+"/a", "22")
	write(t, dir+"/b", "22")
	if diff := cmp.Diff([]string{dir + "/a", dir + "/b"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
	select {
	case more := <-f.Changed():
		t.Errorf("told again: %v", more)
	case <-time.After(200 * time.Millisecond):
	}
}

func TestADeletedFileIsReportedWhenItIsBack(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a", "1")
	f := start(t, dir+"/a")
	try(t, os.Remove(dir+"/a"))
	select {
	case more := <-f.Changed():
		t.Errorf("told of a file that is gone: %v", more)
	case <-time.After(200 * time.Millisecond):
	}
	write(t, dir+"/a", "1")
	if diff := cmp.Diff([]string{dir + "/a"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
}

func start(t *testing.T, paths ...string) *Files {
	t.Helper()
	f, err := New(slog.New(slog.NewTextHandler(io.Discard, nil)), times)
	try(t, err)
	t.Cleanup(f.Close)
	f.Set(paths)
	// Those that are there are told once: no one knows what happened to them before.
	if slices.ContainsFunc(paths, func(p string) bool { return identify(p) != identity{} }) {
		next(t, f)
	}
	return f
}

// times are short: a test that waits for a change does not care.
var times = Times{Settle: 50 * time.Millisecond, Writing: 50 * time.Millisecond, Longest: time.Minute}

func next(t *testing.T, f *Files) []string {
	t.Helper()
	select {
	case c := <-f.Changed():
		return c
	case <-time.After(time.Minute):
		t.Fatal("nothing was told")
		return nil
	}
}

func TestAChangeIsNotSwallowedByANewSet(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a", "1")
	f := start(t, dir+"/a")
	write(t, dir+"/a", "22")
	f.Set([]string{dir + "/a"}) // as any change of the configuration does
	if diff := cmp.Diff([]string{dir + "/a"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestAFolderThatIsNotThereYetIsWatchedFromItsParent(t *testing.T) {
	dir := t.TempDir()
	f := start(t, dir+"/to/come/a")
	try(t, os.MkdirAll(dir+"/to/come", 0o755))
	write(t, dir+"/to/come/a", "1")
	if diff := cmp.Diff([]string{dir + "/to/come/a"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
	if faults := f.Faults(); len(faults) != 0 {
		t.Errorf("faults: %v", faults)
	}
	// Gone and back, it is another folder.
	try(t, os.RemoveAll(dir+"/to"))
	try(t, os.MkdirAll(dir+"/to/come", 0o755))
	write(t, dir+"/to/come/a", "2")
	if diff := cmp.Diff([]string{dir + "/to/come/a"}, next(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeWatchedIsReported(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/file", "no folder")
	f := start(t, dir+"/a", dir+"/file/a")
	if faults := f.Faults(); len(faults) != 0 {
		t.Errorf("a folder that may still come is a fault: %v", faults)
	}
	f.mu.Lock()
	f.faults[dir] = &os.PathError{Op: "inotify_add_watch", Path: dir, Err: unix.EACCES}
	f.mu.Unlock()
	if why, want := f.Faults()[dir+"/a"], "cannot watch the folder "+dir+": the user of kresd-manager may not list it"; why != want {
		t.Errorf("%q, want %q", why, want)
	}
}

func TestSettling(t *testing.T) {
	usual := Usual
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	size := func(n int64) identity { return identity{ino: 1, size: n} }
	for name, c := range map[string]struct {
		written bool
		looks   []float64 // times
		sizes   []int64   // at these
		want    []time.Duration
	}{
		"put in place as a whole": {false, []float64{1}, []int64{1}, []time.Duration{0}},
		"written, and done":       {true, []float64{1, 5}, []int64{1, 1}, []time.Duration{4 * time.Second, 0}},
		"a pause of 2 s":          {true, []float64{1, 3, 5, 8}, []int64{1, 2, 2, 2}, []time.Duration{4 * time.Second, 5 * time.Second, 3 * time.Second, 0}},
		"never at rest":           {true, []float64{1, 300, 602}, []int64{1, 2, 3}, []time.Duration{4 * time.Second, 5 * time.Second, -1 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			var w wait
			for i, s := range c.looks {
				last := at(0)
				if i > 0 {
					last = time.Time{}
				}
				if got := usual.wait(&w, size(c.sizes[i]), c.written, at(s), last); got != c.want[i] {
					t.Errorf("after %v s: %s, want %s", s, got, c.want[i])
				}
			}
		})
	}
}
