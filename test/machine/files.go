// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ReadFile returns a file's content. The file functions work in the machine's own mount
// namespace, so links, absolute ones too, lead where they lead inside.
func (m *Machine) ReadFile(path string) (content []byte, err error) {
	err = m.enter(unix.CLONE_NEWNS, func() error {
		content, err = os.ReadFile(path)
		return err
	})
	return content, err
}

// WriteFile writes a file with exactly this mode, making missing folders. It is not
// atomic.
func (m *Machine) WriteFile(path string, content []byte, mode fs.FileMode) error {
	return m.enter(unix.CLONE_NEWNS, func() error { return writeFile(path, content, mode) })
}

// Remove removes files and folders with all they contain. What is not there is no error.
func (m *Machine) Remove(paths ...string) error {
	return m.enter(unix.CLONE_NEWNS, func() error {
		for _, path := range paths {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
		return nil
	})
}
