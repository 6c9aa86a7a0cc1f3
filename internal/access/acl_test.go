// SPDX-License-Identifier: Apache-2.0

package access

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRealACL gives a file a list with one more user, in the form that the
// kernel has for it (linux/posix_acl_xattr.h), and takes it for unjudged.
func TestRealACL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o640))
	const none = 0xffffffff
	list := binary.LittleEndian.AppendUint32(nil, 2) // version
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{
		{0x01, 6, none}, {0x02, 4, 65533}, {0x04, 4, none}, {0x10, 4, none}, {0x20, 0, none},
	} {
		list = binary.LittleEndian.AppendUint16(list, e.tag)
		list = binary.LittleEndian.AppendUint16(list, e.perm)
		list = binary.LittleEndian.AppendUint32(list, e.id)
	}
	if err := unix.Setxattr(file, "system.posix_acl_access", list, 0); err != nil {
		t.Skipf("no access control lists here: %v", err)
	}
	info, err := OS.Lstat(file)
	if err != nil || !info.ACL {
		t.Fatalf("%+v, %v", info, err)
	}
	who := Identity{Name: "someone", UID: 65533, GIDs: []uint32{65533}}
	if got := who.may(mayRead, &info); got != unsure {
		t.Errorf("the answer is %d", got)
	}
	info, err = OS.Lstat(filepath.Dir(file))
	if err != nil || info.ACL {
		t.Errorf("the folder has one, too: %+v, %v", info, err)
	}
}
