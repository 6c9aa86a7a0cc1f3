// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	alice, bob = 65531, 65532 // users
	staff      = 65530        // a group
	defaultACL = "system.posix_acl_default"
)

// needRoot leaves out what only root can try. CI runs as root.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of several users")
	}
}

// folder is an empty directory that everyone can go to.
func folder(t *testing.T) string {
	t.Helper()
	unmasked(t, 0o022)
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	must(t, os.Chmod(dir, 0o755))
	return dir
}

func unmasked(t *testing.T, mask int) {
	before := unix.Umask(mask)
	t.Cleanup(func() { unix.Umask(before) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// file makes a file of a user and a group with a mode.
func file(t *testing.T, path, text string, uid, gid int, mode uint32) string {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
	if os.Geteuid() == 0 {
		must(t, os.Lchown(path, uid, gid))
	}
	must(t, unix.Chmod(path, mode))
	return path
}

func link(t *testing.T, target, path string, uid int) string {
	t.Helper()
	must(t, os.Symlink(target, path))
	if os.Geteuid() == 0 {
		must(t, os.Lchown(path, uid, uid))
	}
	return path
}

// list is an access control list in the form that the kernel has for it
// (linux/posix_acl_xattr.h): owner, one more user, group, mask, others.
func list(owner uint16, user uint32, perm, group, mask, others uint16) []byte {
	const none = 0xffffffff
	b := binary.LittleEndian.AppendUint32(nil, 2) // version
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{0x01, owner, none}, {0x02, perm, user}, {0x04, group, none}, {0x10, mask, none}, {0x20, others, none}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

func setACL(t *testing.T, path, name string, value []byte) {
	t.Helper()
	if err := unix.Setxattr(path, name, value, 0); err != nil {
		t.Fatalf("no access control lists here: %v", err)
	}
}

func xattr(path, name string) []byte {
	b := make([]byte, 64<<10)
	n, err := unix.Lgetxattr(path, name, b)
	if err != nil {
		return nil
	}
	return b[:n]
}

// state is all there is to a file.
type state struct {
	text     string
	uid, gid uint32
	mode     uint32 // with the type
	acl      string
}

func stateOf(t *testing.T, path string) state {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Stat(path, &st))
	b, err := os.ReadFile(path)
	must(t, err)
	return state{string(b), st.Uid, st.Gid, st.Mode, string(xattr(path, accessACL))}
}

// is fails the test unless a file is as wanted.
func is(t *testing.T, path string, want state) {
	t.Helper()
	if os.Geteuid() != 0 {
		want.uid, want.gid = uint32(os.Geteuid()), uint32(os.Getegid())
	}
	want.mode |= unix.S_IFREG
	if got := stateOf(t, path); got != want {
		t.Errorf("%s is %+v (mode %o), not %+v (mode %o)", filepath.Base(path), got, got.mode, want, want.mode)
	}
}

// refused fails the test unless an error has all of these words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Error("it is not refused")
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
}

// only fails the test if a directory has more or less in it than these.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var there []string
	for _, e := range entries {
		there = append(there, e.Name())
	}
	slices.Sort(names)
	if !slices.Equal(there, names) {
		t.Errorf("%s has %q, not %q", filepath.Base(dir), there, names)
	}
}

// as does something as a user, in a thread that ends with it: credentials belong
// to threads (nptl(7)).
func as(t *testing.T, uid, gid int, groups []uint32, do func()) {
	t.Helper()
	done := make(chan syscall.Errno)
	go func() {
		runtime.LockOSThread()
		if err := become(uid, gid, groups); err != 0 {
			done <- err
			return
		}
		do()
		done <- 0
	}()
	if err := <-done; err != 0 {
		t.Fatal(err)
	}
}

// both runs a test with files that have no name at first, and with files that
// have one, as on a file system that knows no others.
func both(t *testing.T, run func(t *testing.T)) {
	t.Run("without a name", run)
	t.Run("with a name", func(t *testing.T) {
		alwaysNamed = true
		defer func() { alwaysNamed = false }()
		run(t)
	})
}
