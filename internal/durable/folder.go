// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// WriteFolder makes a folder of ours with files in it. The mode of the folder is
// exact, that of the files less the umask. The folder has its name when it is
// complete; what had the name before is removed just before that. Errors are of
// type [fs.PathError] or [os.LinkError], or those of the files' own.
func WriteFolder[F io.WriterTo](path string, files map[string]F, mode, fileMode fs.FileMode) error {
	parent, base := filepath.Dir(path), filepath.Base(path)
	var tmp string
	_, err := unused(base, func(name string) error {
		tmp = filepath.Join(parent, name)
		return bare(os.Mkdir(tmp, 0o700))
	})
	if err != nil {
		return &fs.PathError{Op: "mkdir", Path: path, Err: err}
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	err = inside(tmp, path, "write", func(dir int) error {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if err := fileIn(dir, name, files[name], fileMode); err != nil {
				return err
			}
		}
		return flushDir(dir, nil)
	})
	if err != nil {
		return err
	}
	if err := os.Chmod(tmp, mode); err != nil {
		return err
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return inside(parent, path, "sync", func(dir int) error { return flushDir(dir, nil) })
}

// fileIn makes a file in a folder that no one knows yet.
func fileIn(dir int, name string, text io.WriterTo, mode fs.FileMode) error {
	fd, err := openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, uint32(mode.Perm()))
	if err != nil {
		return err
	}
	d := draft{file: os.NewFile(uintptr(fd), name)}
	defer d.discard()
	return d.pour(text.WriteTo)
}
