// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
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
	var source string
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
	doc, err := parse(name, source, "")
	if err != nil && len(source) > text.MaxBytes {
		err = &FileError{path, err}
	}
	if err == nil {
		doc.stays = true
	}
	return doc, err
}

func readRegular(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", withoutPath(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", withoutPath(err)
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return readAll(f, info.Size())
	case mode.IsDir():
		return "", errors.New("is a directory")
	default:
		return "", errors.New("not a regular file")
	}
}

// readAll reads one byte more than Parse accepts, for Parse to refuse. The size is what is
// expected.
func readAll(r io.Reader, size int64) (string, error) {
	var b strings.Builder
	b.Grow(int(min(max(size, 0), text.MaxBytes+1)))
	if _, err := io.CopyBuffer(&b, onlyRead{io.LimitReader(r, text.MaxBytes+1)}, make([]byte, 1<<15)); err != nil {
		return "", withoutPath(err)
	}
	return b.String(), nil
}

// onlyRead hides what else a reader can do, such as to copy itself through a buffer of its own.
type onlyRead struct{ io.Reader }

// withoutPath leaves of an error of package os what the operating system said.
func withoutPath(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
