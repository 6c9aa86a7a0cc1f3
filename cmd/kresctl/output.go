// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// write prints a text, or saves it in a file if one is named.
func (a *app) write(file string, text []byte) error {
	if file == "" || file == "-" {
		if _, err := a.stdout.Write(text); err != nil {
			return fmt.Errorf("cannot print: %w", err)
		}
		return nil
	}
	if err := save(file, text); err != nil {
		return fmt.Errorf("cannot save in %s: %w", file, withoutPath(err))
	}
	return nil
}

// save writes a file as a whole or not at all, keeping the mode of one that is
// there. A symbolic link stays one; what is no file, as /dev/stdout, is written
// to and not replaced.
func save(file string, text []byte) error {
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target
	}
	info, err := os.Stat(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && info.IsDir() {
		return errors.New("is a directory")
	}
	if err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return errors.Join(err, f.Close())
	}
	return renameio.WriteFile(file, text, 0o640, renameio.WithExistingPermissions())
}

// withoutPath leaves of an error of package os what the system said.
func withoutPath(err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}
