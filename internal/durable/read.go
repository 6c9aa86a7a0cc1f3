// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Read reads a person's file of at most so many bytes, links followed. It reads
// nothing but regular files: to open anything else may have effects, or wait for
// ever, which it never does. The error is a *[fs.PathError].
func Read(path string, most int64) ([]byte, error) { return read(path, most, 0) }

// ReadRegular is [Read] for a file of ours, which is no link.
func ReadRegular(path string, most int64) ([]byte, error) { return read(path, most, unix.O_NOFOLLOW) }

func read(path string, most int64, flags int) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|flags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	wrong := func(err error) ([]byte, error) { return nil, &fs.PathError{Op: "read", Path: path, Err: err} }
	switch {
	case info.IsDir():
		return wrong(unix.EISDIR)
	case !info.Mode().IsRegular():
		return wrong(errors.New("it is not a regular file"))
	case info.Size() > most:
		return wrong(larger(most))
	}
	// It may be growing or shrinking.
	b := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(f, most+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > most {
		return wrong(larger(most))
	}
	return b.Bytes(), nil
}

// larger means that a file has more than so many bytes.
func larger(most int64) error {
	switch {
	case most%(1<<20) == 0:
		return fmt.Errorf("it is larger than %d MiB", most>>20)
	case most%(1<<10) == 0:
		return fmt.Errorf("it is larger than %d KiB", most>>10)
	}
	return fmt.Errorf("it is larger than %d bytes", most)
}
