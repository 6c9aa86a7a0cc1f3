// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Write replaces a file of ours, or makes it, with a mode less the umask. What
// had the name before, a link among it, is not looked at. Errors are of type
// [fs.PathError].
func Write(path string, text []byte, mode fs.FileMode) error {
	return WriteFrom(path, func(w io.Writer) (int64, error) {
		n, err := w.Write(text)
		return int64(n), err
	}, mode)
}

// WriteFrom is Write of what write writes, which is called again where the file has to be
// made in another way. Errors are those of Write, or have that of write in their chain.
func WriteFrom(path string, write func(io.Writer) (int64, error), mode fs.FileMode) error {
	return in(path, "write", func(dir int, base string) error {
		return nameless(func(named bool) error {
			d, err := newDraft(dir, base, uint32(mode.Perm()), named)
			if err != nil {
				return err
			}
			defer d.discard()
			if err := d.pour(write); err != nil {
				return err
			}
			if err := d.replace(); err != nil {
				return err
			}
			return flushDir(dir, d.file)
		})
	})
}

// Link replaces a symbolic link of ours, or makes it. Errors are of type
// [fs.PathError].
func Link(target, path string) error {
	return in(path, "symlink", func(dir int, base string) error {
		name, err := unused(base, func(name string) error { return unix.Symlinkat(target, dir, name) })
		if err != nil {
			return err
		}
		if err := unix.Renameat(dir, name, dir, base); err != nil {
			_ = unix.Unlinkat(dir, name, 0)
			return err
		}
		return flushDir(dir, nil)
	})
}

// Remove removes a file of ours, for good. It is no error if it is not there.
// Errors are of type [fs.PathError].
func Remove(path string) error {
	return in(path, "remove", func(dir int, base string) error {
		err := unix.Unlinkat(dir, base, 0)
		if errors.Is(err, unix.ENOENT) {
			return nil
		}
		if err != nil {
			return err
		}
		return flushDir(dir, nil)
	})
}

// in opens the directory of a path, and gives errors that path.
func in(path, op string, do func(dir int, base string) error) error {
	return inside(filepath.Dir(path), path, op, func(dir int) error { return do(dir, filepath.Base(path)) })
}

// inside opens a directory, and gives errors the path that it is done for.
func inside(dir, path, op string, do func(dir int) error) error {
	fd, err := openat(unix.AT_FDCWD, dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err == nil {
		defer unix.Close(fd)
		err = do(fd)
	}
	if err != nil {
		return &fs.PathError{Op: op, Path: path, Err: err}
	}
	return nil
}
