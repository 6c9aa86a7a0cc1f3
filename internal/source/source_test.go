// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
)

func put(t *testing.T, name, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAFileIsReadWithItsNameAndText(t *testing.T) {
	r := Reader{Stdin: strings.NewReader("workers: 3\n")}
	file := put(t, "c.yaml", "workers: 2 # two\n")
	for name, want := range map[string]File{file: {Name: file, Text: []byte("workers: 2 # two\n")}, Stdin: {Name: "<stdin>", Text: []byte("workers: 3\n")}} {
		f, err := r.Read(name)
		if err != nil || f.Name != want.Name || string(f.Text) != string(want.Text) || f.Doc == nil {
			t.Errorf("%+v, %v", f, err)
		}
	}
}

// Who judges a configuration and then converts it reads it twice.
func TestTheStandardInputIsTheSameEachTime(t *testing.T) {
	r := Reader{Stdin: strings.NewReader("workers: 3\n")}
	for range 2 {
		if f, err := r.Read(Stdin); err != nil || string(f.Text) != "workers: 3\n" {
			t.Errorf("%+v, %v", f, err)
		}
	}
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	var r Reader
	for file, want := range map[string]string{
		dir + "/none": "no such file or directory", dir: "is a directory", dir + "/fifo": "it is not a regular file",
	} {
		f, err := r.Read(file)
		if err == nil || err.Error() != "cannot read "+file+": "+want || f.Doc != nil {
			t.Errorf("%v", err)
		}
		if errors.Is(err, fs.ErrNotExist) != strings.HasSuffix(file, "none") {
			t.Errorf("%v: whether it is there cannot be told", err)
		}
	}
	// What is wrong with a text comes with it, to be quoted.
	file := put(t, "c.yaml", "a: [\n")
	f, err := r.Read(file)
	var problems config.Problems
	if !errors.As(err, &problems) || string(f.Text) != "a: [\n" || f.Doc != nil {
		t.Errorf("%+v, %v", f, err)
	}
}

// A value may come from anything, and whatever that is, it ends.
func TestAValueIsReadFromAnything(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo.yaml")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(fifo, []byte("4"), 0) }()
	file := put(t, "v.toml", "5")
	for typed, want := range map[string]Value{
		"@" + fifo: {[]byte("4"), text.YAML, fifo}, "@" + file: {[]byte("5"), text.TOML, file}, "@" + put(t, "v", "6"): {[]byte("6"), "", "v"},
		Stdin: {[]byte("7"), "", "<stdin>"}, "8": {[]byte("8"), text.JSON, ""}, "[a]": {[]byte("[a]"), text.YAML, ""}, "/": {[]byte("/"), text.YAML, ""},
	} {
		r := Reader{Stdin: strings.NewReader("7")}
		got, err := r.Value("/workers", typed)
		if err != nil || string(got.Text) != string(want.Text) || got.Format != want.Format || !strings.HasSuffix(got.Name, want.Name) || (got.Name == "") != (want.Name == "") {
			t.Errorf("%s: %+v, %v", typed, got, err)
		}
	}
	if _, err := (&Reader{}).Value("", "@/dev/zero"); err == nil || err.Error() != "cannot read /dev/zero: it is larger than 64 MiB" {
		t.Errorf("%v", err)
	}
}

// What was made of a text takes the place of that text, and of no edit that came
// meanwhile, by whatever name the file is called.
func TestWhatNoOneHasReadIsNotReplaced(t *testing.T) {
	file := put(t, "c.yaml", "workers: 2\n")
	link := filepath.Join(filepath.Dir(file), "link.yaml")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, filepath.Dir(file) + "/./c.yaml", link} {
		var r Reader
		if _, err := r.Read(file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("workers: 3\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Save(name, []byte("workers: 4\n")); err == nil || err.Error() != "cannot save in "+name+": someone else changed it at the same time" {
			t.Errorf("%s: %v", name, err)
		}
		// Read again, it is known.
		if _, err := r.Read(file); err != nil {
			t.Fatal(err)
		}
		if err := r.Save(name, []byte("workers: 2\n")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRelativePathsStartAtTheFirstFile(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"/etc/k/c.yaml": "/etc/k", "sub/c.yaml": here + "/sub", "c.yaml": here, Stdin: here} {
		if host, err := Host(file); err != nil || host.BaseDir != want || host.CPUs < 1 {
			t.Errorf("%s: %+v, %v", file, host, err)
		}
	}
}
