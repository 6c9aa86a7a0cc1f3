// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// FileError is a configuration file that cannot be read, or that is too large.
type FileError struct {
	Path string // "-" is the standard input
	// Err says why: an error of the operating system, or [Problems] if the file
	// is too large.
	Err error
}

func (e *FileError) Error() string {
	var problems tree.Problems
	switch {
	case errors.As(e.Err, &problems): // they name the file
		return e.Err.Error()
	case e.Path == "-":
		return "cannot read the standard input: " + e.Err.Error()
	}
	return "cannot read " + e.Path + ": " + e.Err.Error()
}

// Unwrap gives the reason.
func (e *FileError) Unwrap() error { return e.Err }

// ReadFile reads and parses the configuration in a file; "-" is the standard
// input. Only regular files are read, of at most 64 MiB. It never blocks on
// opening, not even a FIFO.
//
// The error is [Problems] for what the file holds, and otherwise a
// *[FileError].
func ReadFile(path string) (*Document, error) {
	name := path
	var source []byte
	var err error
	if path == "-" {
		name = "<stdin>"
		source, err = readAll(os.Stdin, 0)
	} else {
		source, err = readRegular(path)
	}
	if err != nil {
		return nil, &FileError{path, err}
	}
	doc, err := Parse(name, source)
	if err != nil && len(source) > text.MaxBytes {
		err = &FileError{path, err}
	}
	if err == nil {
		doc.stays = true
	}
	return doc, err
}

func readRegular(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, withoutPath(err)
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return readAll(f, info.Size())
	case mode.IsDir():
		return nil, errors.New("is a directory")
	default:
		return nil, errors.New("not a regular file")
	}
}

// readAll reads one byte more than Parse accepts, for Parse to refuse. The size is what is
// expected.
func readAll(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(max(size, 0), text.MaxBytes+1)) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(r, text.MaxBytes+1)); err != nil {
		return nil, withoutPath(err)
	}
	return b.Bytes(), nil
}

// withoutPath leaves of an error of package os what the operating system said.
func withoutPath(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
