// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReadTakesRegularFilesOnlyAndNeverWaits(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.WriteFile(at("full"), []byte("12345678"), 0o600), os.WriteFile(at("empty"), nil, 0o600),
		os.WriteFile(at("large"), []byte("123456789"), 0o600),
		os.Mkdir(at("folder"), 0o700), unix.Mkfifo(at("fifo"), 0o600), os.Symlink("/dev/zero", at("device")),
		os.Symlink("full", at("link")), os.Symlink("loop", at("loop")),
	); err != nil {
		t.Fatal(err)
	}
	const most = 8
	for _, c := range []struct{ name, text, wrong, ours string }{
		{"full", "12345678", "", ""},
		{"empty", "", "", ""},
		{"link", "12345678", "", "too many levels of symbolic links"},
		{"large", "", "it is larger than 8 bytes", "it is larger than 8 bytes"},
		{"folder", "", "is a directory", "is a directory"},
		{"fifo", "", "it is not a regular file", "it is not a regular file"},
		{"device", "", "it is not a regular file", "too many levels of symbolic links"},
		{"loop", "", "too many levels of symbolic links", "too many levels of symbolic links"},
		{"none", "", "no such file or directory", "no such file or directory"},
	} {
		for how, got := range map[string]struct {
			read  func(string, int64) ([]byte, error)
			wrong string
		}{"a person's": {Read, c.wrong}, "ours": {ReadRegular, c.ours}} {
			text, err := got.read(at(c.name), most)
			var named *fs.PathError
			switch {
			case got.wrong == "" && (err != nil || string(text) != c.text):
				t.Errorf("%s, %s: %q, %v", c.name, how, text, err)
			case got.wrong != "" && (!errors.As(err, &named) || named.Path != at(c.name) || !strings.Contains(err.Error(), got.wrong)):
				t.Errorf("%s, %s: %v, want %s", c.name, how, err, got.wrong)
			}
		}
	}
}

func TestASizeIsReportedInRoundNumbers(t *testing.T) {
	for most, want := range map[int64]string{64 << 20: "64 MiB", 96 << 10: "96 KiB", 1000: "1000 bytes"} {
		if got := larger(most).Error(); got != "it is larger than "+want {
			t.Errorf("%d: %s", most, got)
		}
	}
}
