// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/visible"
)

// write prints a text, or saves it in a file if one is named. It is for data,
// which are exact in files and pipes.
func (a *app) write(file string, text []byte) error {
	if file == "" || file == "-" {
		return a.stdout.Data(text)
	}
	if err := durable.Save(file, text, durable.Options{Mode: 0o640, Was: a.wasRead(file), Terminal: visible.Data}); err != nil {
		return fmt.Errorf("cannot save in %s: %w", file, withoutPath(err))
	}
	return nil
}

// wasRead is what this command has read from a file before, nil if it has not:
// what is made of it must not replace what somebody else writes meanwhile.
func (a *app) wasRead(file string) []byte {
	for _, s := range a.read {
		if filepath.Clean(s.name) == filepath.Clean(file) {
			return s.text
		}
		x, xerr := os.Stat(s.name)
		y, yerr := os.Stat(file)
		if xerr == nil && yerr == nil && os.SameFile(x, y) {
			return s.text
		}
	}
	return nil
}

// withoutPath leaves of an error of package os what the system said.
func withoutPath(err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}
