// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

const (
	someone, excluded = 65531, 65532
	accessACL         = "system.posix_acl_access"
)

// aclOf is an access control list that gives one more user perm, limited by a
// mask, in the form that the kernel has for it (linux/posix_acl_xattr.h).
func aclOf(user uint32, perm, mask uint16) []byte {
	const none = 0xffffffff
	b := binary.LittleEndian.AppendUint32(nil, 2) // version
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{0x01, 6, none}, {0x02, perm, user}, {0x04, 4, none}, {0x10, mask, none}, {0x20, 0, none}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

// protect gives a file to someone with mode 0640 and, unless its name begins
// with plain, a list with one more reader. The directory lets another user read
// what is new in it.
func protect(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	ts.Check(unix.Chown(file, someone, someone))
	ts.Check(unix.Chmod(file, 0o640))
	if acl := aclFor(file); acl != "" {
		ts.Check(unix.Setxattr(file, accessACL, []byte(acl), 0))
	}
	ts.Check(unix.Setxattr(filepath.Dir(file), "system.posix_acl_default", aclOf(excluded, 7, 7), 0))
}

func aclFor(file string) string {
	if ok, _ := filepath.Match("plain*", filepath.Base(file)); ok {
		return ""
	}
	return string(aclOf(someone+2, 4, 4))
}

func protected(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	var st unix.Stat_t
	ts.Check(unix.Lstat(file, &st))
	b := make([]byte, 1000)
	n, err := unix.Getxattr(file, accessACL, b)
	if err != nil {
		n = 0
	}
	got := fmt.Sprintf("%d:%d %o, list %x", st.Uid, st.Gid, st.Mode, b[:n])
	want := fmt.Sprintf("%d:%d %o, list %x", someone, someone, unix.S_IFREG|0o640, aclFor(file))
	if got != want {
		ts.Fatalf("%s is %s\nand not %s", args[0], got, want)
	}
}
