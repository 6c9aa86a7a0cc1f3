// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// stagedSuffix is what the name of a staged file has more.
const stagedSuffix = ".next"

// Staged is a file that is on disk and not yet in force. The nil value is none.
type Staged struct{ path string }

// StageFrom writes a file of ours beside the one in force, so that a full disk is met
// before anything depends on it. It is what write writes, see [WriteFrom]. Errors are of
// type [fs.PathError].
func StageFrom(path string, write func(io.Writer) (int64, error), mode fs.FileMode) (*Staged, error) {
	if err := WriteFrom(path+stagedSuffix, write, mode); err != nil {
		return nil, err
	}
	return &Staged{path}, nil
}

// Enact puts the file into force, which needs no room on the disk. It has no effect
// if that is done, or the file was dropped. Errors are of type [fs.PathError].
func (s *Staged) Enact() error {
	if s == nil || s.path == "" {
		return nil
	}
	path := s.path
	s.path = ""
	return in(path, "rename", func(dir int, base string) error {
		if err := unix.Renameat(dir, base+stagedSuffix, dir, base); err != nil {
			return err
		}
		return flushDir(dir, nil)
	})
}

// Drop removes the file, if it is not in force.
func (s *Staged) Drop() {
	if s == nil || s.path == "" {
		return
	}
	_ = os.Remove(filepath.Clean(s.path) + stagedSuffix)
	s.path = ""
}
