// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// replaceFile puts a text in place of the content of a file, if that is still
// what it was: atomically, with owner, mode and extended attributes, access
// control lists among them, as they were. A symbolic link stays one.
func replaceFile(path string, was, text []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return err
	}
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(0o600), renameio.IgnoreUmask())
	if err != nil {
		return err
	}
	defer func() { _ = f.Cleanup() }()
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := f.Chown(int(st.Uid), int(st.Gid)); err != nil {
		var mine unix.Stat_t
		if serr := unix.Fstat(int(f.Fd()), &mine); serr != nil || mine.Uid != st.Uid || mine.Gid != st.Gid {
			return fmt.Errorf("cannot keep its owner and group: %w", errors.Unwrap(err))
		}
	}
	if err := copyAttributes(path, int(f.Fd())); err != nil {
		return err
	}
	// After the access control list, which has the mode in it, too.
	if err := f.Chmod(os.FileMode(st.Mode & 0o777)); err != nil {
		return err
	}
	if now, err := readRegular(path); err != nil || !bytes.Equal(now, was) {
		return errors.Join(errors.New("it was changed at the same time"), err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}

// copyAttributes gives a file the extended attributes of another one. Those that
// only the system may set, it sets by itself.
func copyAttributes(from string, to int) error {
	names := make([]byte, 64<<10)
	n, err := unix.Listxattr(from, names)
	if err != nil {
		return nil // the file system has none
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value := make([]byte, 64<<10)
		n, err := unix.Getxattr(from, name, value)
		if err != nil {
			continue
		}
		err = unix.Fsetxattr(to, name, value[:n], 0)
		if err != nil && strings.HasPrefix(name, "system.posix_acl_") {
			return fmt.Errorf("cannot keep its access control list: %w", err)
		}
	}
	return nil
}
