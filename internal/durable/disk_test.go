// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// disk mounts a small disk of its own on a directory.
func disk(t *testing.T, flags uintptr) string {
	needRoot(t)
	dir := folder(t)
	must(t, unix.Mount("tmpfs", dir, "tmpfs", flags, "size=256k,mode=0755"))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

// TestFullDisk keeps the old content, and leaves nothing else.
func TestFullDisk(t *testing.T) {
	both(t, func(t *testing.T) {
		dir := disk(t, 0)
		path := file(t, filepath.Join(dir, "f"), "old", alice, staff, 0o640)
		long := bytes.Repeat([]byte("x"), 300<<10)
		err := Save(path, long, Options{})
		refused(t, err, "no space left on device; the old content is still there")
		if !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%v is not ENOSPC", err)
		}
		is(t, path, state{"old", alice, staff, 0o640, ""})
		refused(t, Save(filepath.Join(dir, "new"), long, Options{}), "no space left on device")
		refused(t, Write(filepath.Join(dir, "f"), long, 0o600), path+": no space left on device")
		refused(t, Write(filepath.Join(dir, "new"), long, 0o600), "no space left on device")
		refused(t, WriteFolder(filepath.Join(dir, "d"), map[string]Text{"f": Text(long)}, 0o750, 0o640), "no space left on device")
		is(t, path, state{"old", alice, staff, 0o640, ""})
		only(t, dir, "f")
		// What was in the making takes no room any more.
		must(t, Save(path, long[:100<<10], Options{}))
		must(t, Save(path, long[:100<<10], Options{}))
	})
}

func TestReadOnlyDisk(t *testing.T) {
	dir := disk(t, 0)
	path := file(t, filepath.Join(dir, "f"), "old", 0, 0, 0o640)
	must(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	for _, err := range []error{
		Save(path, []byte("new"), Options{}), Save(path+"2", []byte("new"), Options{}),
		Write(path, []byte("new"), 0o600), Link("f", path+"2"), Remove(path),
		WriteFolder[Text](path+"2", nil, 0o750, 0o640),
	} {
		refused(t, err, "read-only file system")
	}
	only(t, dir, "f")
}

// TestDiskWithoutAttributes has no access control lists, and needs none.
func TestDiskWithoutAttributes(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	must(t, unix.Mount("ramfs", dir, "ramfs", 0, "mode=0755"))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	path := file(t, filepath.Join(dir, "f"), "old", alice, staff, 0o640)
	must(t, Save(path, []byte("new"), Options{}))
	is(t, path, state{"new", alice, staff, 0o640, ""})
	must(t, os.Remove(path))
	only(t, dir)
}
