// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// errNoName means that a nameless file cannot be given a name here.
var errNoName = errors.New("a file without a name cannot be given one")

// draft is a file in the making.
type draft struct {
	file *os.File
	dir  int
	base string // what it is to be called
	name string // what it is called now, "" if it has no name
}

// newDraft makes an empty file in a directory. Without named it has no name if
// the file system knows such files.
func newDraft(dir int, base string, mode uint32, named bool) (*draft, error) {
	d := &draft{dir: dir, base: base}
	if !named {
		fd, err := openat(dir, ".", unix.O_TMPFILE|unix.O_RDWR, mode)
		if err == nil {
			d.file = os.NewFile(uintptr(fd), base)
			return d, nil
		}
		// What file systems say that do not know it, and kernels that were
		// built without.
		if !slices.Contains([]error{unix.EOPNOTSUPP, unix.EISDIR, unix.EINVAL, unix.ENOSYS, unix.ENOENT}, err) {
			return nil, err
		}
	}
	name, err := unused(base, func(name string) error {
		fd, err := openat(dir, name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, mode)
		if err == nil {
			d.file = os.NewFile(uintptr(fd), base)
		}
		return err
	})
	d.name = name
	return d, err
}

// unused calls something that makes a file with names that no one can foresee,
// until it finds one that is not taken.
func unused(base string, try func(name string) error) (string, error) {
	for range 10 {
		name := "." + base[:min(len(base), 200)] + ".new-" + rand.Text()[:12]
		err := try(name)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, unix.EEXIST) {
			return "", err
		}
	}
	return "", unix.EEXIST
}

// fill writes the text and flushes it.
func (d *draft) fill(text []byte) error {
	if _, err := d.file.Write(text); err != nil {
		return bare(err)
	}
	return d.flush()
}

// pour has something written and flushes it.
func (d *draft) pour(write func(io.Writer) (int64, error)) error {
	if _, err := write(d.file); err != nil {
		return bare(err)
	}
	return d.flush()
}

func (d *draft) flush() error { return bare(d.file.Sync()) }

// take gives it its name. The error is EEXIST if something has that.
func (d *draft) take() error {
	if d.name == "" {
		return d.link(d.base)
	}
	err := unix.Renameat2(d.dir, d.name, d.dir, d.base, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // NFS, for one
		if err = unix.Linkat(d.dir, d.name, d.dir, d.base, 0); err == nil {
			_ = unix.Unlinkat(d.dir, d.name, 0)
		}
	}
	if err == nil {
		d.name = ""
	}
	return err
}

// replace gives it its name, and takes that from what has it.
func (d *draft) replace() error {
	if d.name == "" {
		name, err := unused(d.base, d.link)
		if err != nil {
			return err
		}
		d.name = name
	}
	if err := unix.Renameat(d.dir, d.name, d.dir, d.base); err != nil {
		return err
	}
	d.name = ""
	return nil
}

// link gives a nameless file a name. AT_EMPTY_PATH would need a capability.
func (d *draft) link(name string) error {
	err := unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(int(d.file.Fd())), d.dir, name, unix.AT_SYMLINK_FOLLOW)
	switch {
	case err == nil, errors.Is(err, unix.EEXIST), errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return err
	}
	return errors.Join(errNoName, err) // no /proc, or fs.protected_hardlinks
}

// discard ends it; without a name it is gone.
func (d *draft) discard() {
	if d.file != nil {
		_ = d.file.Close()
	}
	if d.name != "" {
		_ = unix.Unlinkat(d.dir, d.name, 0)
	}
}

// nameless calls something with a draft that has no name, and once more with one
// that has if that is not possible.
func nameless(try func(named bool) error) error {
	err := try(alwaysNamed)
	if errors.Is(err, errNoName) {
		err = try(true)
	}
	return err
}

// alwaysNamed is set by tests, for the sake of file systems that are not here.
var alwaysNamed = false

// flushDir flushes the names in a directory. Of one that may not be read, the
// whole file system of a file in it is flushed.
func flushDir(dir int, inside *os.File) error {
	fd, err := openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if errors.Is(err, unix.EACCES) && inside != nil {
		return unix.Syncfs(int(inside.Fd()))
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for {
		err := unix.Fsync(fd)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EINVAL), errors.Is(err, unix.EOPNOTSUPP):
			return nil // a file system that has no such thing
		}
		return err
	}
}

// bare leaves of an error of package os what the system said.
func bare(err error) error {
	var inner *os.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}
