// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReplaced has owner, group, mode and access control list as they were,
// whatever the directory has to say of new files.
func TestReplaced(t *testing.T) {
	needRoot(t)
	acl := list(6, bob, 4, 0, 4, 0)
	for _, c := range []struct {
		name     string
		uid, gid int
		mode     uint32
		acl      []byte
		dirACL   []byte
		dirMode  uint32
		want     uint32 // if not mode
	}{
		{"of root and a group", 0, staff, 0o640, nil, nil, 0o755, 0},
		{"of a user", alice, staff, 0o600, nil, nil, 0o755, 0},
		{"that no one can read", alice, staff, 0, nil, nil, 0o755, 0},
		{"that everyone can write to", alice, staff, 0o666, nil, nil, 0o755, 0},
		{"with a list", alice, staff, 0o640, acl, nil, 0o755, 0},
		{"in a directory with a list", 0, staff, 0o640, nil, list(7, bob, 7, 7, 7, 7), 0o755, 0},
		{"with a list in a directory with another", 0, staff, 0o640, acl, list(7, alice, 7, 7, 7, 7), 0o755, 0},
		{"in a directory that gives its group", 0, 0, 0o640, nil, nil, 0o2775, 0},
		{"with bits to run as its owner", alice, staff, 0o6755, nil, nil, 0o755, 0o755},
		{"with a sticky bit", 0, 0, 0o1644, nil, nil, 0o755, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T) {
				dir := folder(t)
				path := file(t, filepath.Join(dir, "f"), "old", c.uid, c.gid, c.mode)
				if c.acl != nil {
					setACL(t, path, accessACL, c.acl)
				}
				if c.dirACL != nil {
					setACL(t, dir, defaultACL, c.dirACL)
				}
				must(t, unix.Chown(dir, alice, staff))
				must(t, unix.Chmod(dir, c.dirMode))
				unmasked(t, 0o077) // is for new files
				want := c.want
				if want == 0 {
					want = c.mode
				}
				must(t, Save(path, []byte("new"), Options{Mode: 0o644, Was: []byte("old")}))
				is(t, path, state{"new", uint32(c.uid), uint32(c.gid), want, string(c.acl)})
				only(t, dir, "f")
			})
		})
	}
}

func TestOtherAttributes(t *testing.T) {
	both(t, func(t *testing.T) {
		path := file(t, filepath.Join(folder(t), "f"), "old", alice, staff, 0o440)
		if os.Geteuid() != 0 {
			must(t, os.Chmod(path, 0o640))
		}
		must(t, unix.Setxattr(path, "user.origin", []byte("here"), 0))
		must(t, unix.Setxattr(path, "user.empty", nil, 0))
		must(t, Save(path, []byte("new"), Options{}))
		if got := string(xattr(path, "user.origin")); got != "here" {
			t.Errorf("user.origin is %q", got)
		}
		if xattr(path, "user.empty") == nil {
			t.Error("user.empty is gone")
		}
	})
}

// TestCapabilities are not for another content, as for a file that is written to.
func TestCapabilities(t *testing.T) {
	needRoot(t)
	path := file(t, filepath.Join(folder(t), "f"), "old", 0, 0, 0o755)
	// VFS_CAP_REVISION_2, CAP_NET_BIND_SERVICE permitted (linux/capability.h)
	must(t, unix.Setxattr(path, "security.capability", []byte{0, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0))
	must(t, Save(path, []byte("new"), Options{}))
	if xattr(path, "security.capability") != nil {
		t.Error("the new content has the capability of the old one")
	}
}

func TestNewFile(t *testing.T) {
	needRoot(t)
	for _, c := range []struct {
		name    string
		umask   int
		mode    fs.FileMode
		dirMode uint32
		dirACL  []byte
		gid     uint32
		want    uint32
		acl     []byte
	}{
		{"under a umask", 0o027, 0o644, 0o755, nil, 0, 0o640, nil},
		{"under none", 0, 0o640, 0o755, nil, 0, 0o640, nil},
		{"a secret under none", 0, 0o600, 0o755, nil, 0, 0o600, nil},
		{"where the directory gives its group", 0o022, 0o640, 0o2775, nil, staff, 0o640, nil},
		{"where the directory has a list", 0o077, 0o640, 0o755, list(7, bob, 7, 7, 7, 7), 0, 0o640, list(6, bob, 7, 7, 4, 0)},
		{"a secret where the directory has a list", 0, 0o600, 0o755, list(7, bob, 7, 7, 7, 7), 0, 0o600, list(6, bob, 7, 7, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T) {
				dir := folder(t)
				must(t, unix.Chown(dir, 0, staff))
				must(t, unix.Chmod(dir, c.dirMode))
				if c.dirACL != nil {
					setACL(t, dir, defaultACL, c.dirACL)
				}
				unmasked(t, c.umask)
				for name, save := range map[string]func(string) error{
					"saved":   func(path string) error { return Save(path, []byte("new"), Options{Mode: c.mode}) },
					"written": func(path string) error { return Write(path, []byte("new"), c.mode) },
				} {
					must(t, save(filepath.Join(dir, name)))
					is(t, filepath.Join(dir, name), state{"new", 0, c.gid, c.want, string(c.acl)})
				}
				only(t, dir, "saved", "written")
			})
		})
	}
}

// TestWhatCannotBeKept is refused, and everything stays as it was.
func TestWhatCannotBeKept(t *testing.T) {
	needRoot(t)
	for _, c := range []struct {
		name     string
		uid, gid int
		mode     uint32
		words    []string
	}{
		{"another owner", bob, staff, 0o666, []string{"its owner 65532 cannot be kept", "operation not permitted", "run this as root, or write to a new file"}},
		{"another group", alice, bob, 0o660, []string{"its group 65532 cannot be kept", "run this as root or as a member of it"}},
		{"no right to write", 0, staff, 0o644, []string{"permission denied"}},
		{"no right of our own to write", alice, staff, 0o444, []string{"permission denied"}},
		{"no right to read", 0, staff, 0o620, []string{"permission denied"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T) {
				dir := folder(t)
				must(t, os.Chmod(dir, 0o777))
				path := file(t, filepath.Join(dir, "f"), "old", c.uid, c.gid, c.mode)
				before := stateOf(t, path)
				var err error
				as(t, alice, alice, []uint32{staff}, func() { err = Save(path, []byte("new"), Options{}) })
				refused(t, err, c.words...)
				if after := stateOf(t, path); after != before {
					t.Errorf("it was %+v and is %+v", before, after)
				}
				only(t, dir, "f")
			})
		})
	}
	t.Run("a group that one is in", func(t *testing.T) {
		dir := folder(t)
		must(t, os.Chmod(dir, 0o777))
		path := file(t, filepath.Join(dir, "f"), "old", alice, staff, 0o660)
		as(t, alice, alice, []uint32{staff}, func() { must(t, Save(path, []byte("new"), Options{})) })
		is(t, path, state{"new", alice, staff, 0o660, ""})
	})
	t.Run("no right to the directory", func(t *testing.T) {
		dir := folder(t)
		path := file(t, filepath.Join(dir, "f"), "old", alice, alice, 0o600)
		var err, nerr error
		as(t, alice, alice, nil, func() {
			err = Save(path, []byte("new"), Options{})
			nerr = Save(path+"2", []byte("new"), Options{})
		})
		for _, err := range []error{err, nerr} {
			refused(t, err, "cannot make a file beside it: permission denied")
			if !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%v is not fs.ErrPermission", err)
			}
		}
		only(t, dir, "f")
	})
	t.Run("a directory that cannot be listed", func(t *testing.T) {
		dir := folder(t)
		must(t, os.Chmod(dir, 0o733))
		path := file(t, filepath.Join(dir, "f"), "old", alice, alice, 0o600)
		as(t, alice, alice, nil, func() { err := Save(path, []byte("new"), Options{}); must(t, err) })
		is(t, path, state{"new", alice, alice, 0o600, ""})
	})
}

func TestImmutable(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	for flag, words := range map[int]string{unix.STATX_ATTR_IMMUTABLE: "it is immutable; change that first with chattr -i", unix.STATX_ATTR_APPEND: "it can only be appended to; change that first with chattr -a"} {
		path := file(t, filepath.Join(dir, "f"), "old", 0, 0, 0o644)
		f, err := os.Open(path)
		must(t, err)
		// The bits of STATX_ATTR_ are those of FS_IMMUTABLE_FL and FS_APPEND_FL.
		must(t, unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flag))
		refused(t, Save(path, []byte("new"), Options{}), words)
		must(t, unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, 0))
		must(t, f.Close())
		only(t, dir, "f")
	}
}

// TestNeverMoreReadable looks at a file in the making that has a name, at every
// moment at which someone could.
func TestNeverMoreReadable(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	path := file(t, filepath.Join(dir, "f"), "old", alice, staff, 0o640)
	setACL(t, dir, defaultACL, list(7, bob, 7, 7, 7, 7))
	fd, err := unix.Open(dir, unix.O_PATH, 0)
	must(t, err)
	defer unix.Close(fd)
	d, err := newDraft(fd, "f", hidden, true)
	must(t, err)
	defer d.discard()
	denied := func(when string) {
		for _, uid := range []int{bob, alice} {
			as(t, uid, staff, nil, func() {
				if f, err := os.Open(filepath.Join(dir, d.name)); err == nil {
					f.Close()
					t.Errorf("%s user %d can read it", when, uid)
				}
			})
		}
	}
	denied("at first")
	must(t, d.fill([]byte("new")))
	denied("with the text in it")
	old, err := os.Open(path)
	must(t, err)
	defer old.Close()
	var st unix.Stat_t
	must(t, unix.Fstat(int(old.Fd()), &st))
	c, err := characterOf(int(old.Fd()), &st)
	must(t, err)
	must(t, c.giveAttributes(int(d.file.Fd())))
	must(t, unix.Fchown(int(d.file.Fd()), alice, staff))
	denied("with its owner")
	must(t, c.give(int(d.file.Fd())))
	must(t, d.replace())
	is(t, path, state{"new", alice, staff, 0o640, ""})
}
