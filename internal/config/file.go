// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ReadFile reads and parses the configuration in a file; "-" is the standard
// input. Only regular files are read, of at most 64 MiB. It never blocks on
// opening, not even a FIFO.
//
// The error is [Problems] for what the file holds; otherwise it names the path
// and has the error of the operating system in its chain.
func ReadFile(path string) (*Document, error) {
	if path == "-" {
		text, err := readAll(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("cannot read the standard input: %w", err)
		}
		return Parse("<stdin>", text)
	}
	text, err := readRegular(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return Parse(path, text)
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
		return readAll(f)
	case mode.IsDir():
		return nil, errors.New("is a directory")
	default:
		return nil, errors.New("not a regular file")
	}
}

// readAll reads one byte more than Parse accepts, for Parse to refuse.
func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxTextBytes+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	return text, nil
}

// withoutPath leaves of an error of package os what the operating system said.
func withoutPath(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
