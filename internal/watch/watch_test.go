// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

func TestTwoFilesWrittenTogetherAreToldOnce(t *testing.T) {
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

func TestADeletedFileIsToldWhenItIsBack(t *testing.T) {
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
	f, err := New(slog.New(slog.NewTextHandler(io.Discard, nil)), 50*time.Millisecond)
	try(t, err)
	t.Cleanup(f.Close)
	f.Set(paths)
	return f
}

func next(t *testing.T, f *Files) []string {
	t.Helper()
	select {
	case c := <-f.Changed():
		return c
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was told")
		return nil
	}
}
