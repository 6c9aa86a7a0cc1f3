// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// accessACL is the extended attribute with the access control list (acl(5)).
const accessACL = "system.posix_acl_access"

// keptMode are the bits of a mode that are kept: not those that would let the
// file run as its owner or group, which the kernel drops when it is written to.
const keptMode = 0o1777

// hidden is the mode of a file that is to become like another one, until it is:
// user attributes can be set by who may write (xattr(7)), and no one may read. It
// leaves every entry of a default access control list without effect.
const hidden = 0o200

// dropped are extended attributes that belong to the old content: capabilities,
// which the kernel drops at a write, and its checksums (xattr(7)).
var dropped = []string{"security.capability", "security.ima", "security.evm"}

// character is what a file is besides its content.
type character struct {
	uid, gid uint32
	mode     uint32
	acl      []byte            // nil if it has none
	more     map[string][]byte // other extended attributes
}

// characterOf reads it off a descriptor.
func characterOf(fd int, st *unix.Stat_t) (*character, error) {
	c := &character{uid: st.Uid, gid: st.Gid, mode: st.Mode & keptMode, more: map[string][]byte{}}
	names, err := attributes(fd)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which extended attributes it has: %w", err)
	}
	for _, name := range names {
		value, err := attribute(fd, name)
		switch {
		case errors.Is(err, unix.ENODATA), errors.Is(err, unix.EOPNOTSUPP):
			continue // gone, or only listed
		case err != nil:
			return nil, fmt.Errorf("%s cannot be read (%w); run this as root, or write to a new file", called(name), err)
		case name == accessACL:
			c.acl = value
		case !slices.Contains(dropped, name):
			c.more[name] = value
		}
	}
	return c, nil
}

// give makes a file that only its owner can write to, and no one read, be of
// that character. The access control list comes last, in one step with the
// mode; only then anyone may read.
func (c *character) give(fd int) error {
	if err := c.giveAttributes(fd); err != nil {
		return err
	}
	// That it did not work matters if it shows: some file systems have one
	// owner and mode for all files.
	chownErr := unix.Fchown(fd, int(c.uid), int(c.gid))
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	switch {
	case st.Uid != c.uid:
		return cannotKeep("owner "+userName(c.uid), chownErr, "run this as root, or write to a new file")
	case st.Gid != c.gid:
		return cannotKeep("group "+groupName(c.gid), chownErr, "run this as root or as a member of it, or write to a new file")
	}
	var err error
	if c.acl != nil {
		err = unix.Fsetxattr(fd, accessACL, c.acl, 0)
	} else if err = unix.Fremovexattr(fd, accessACL); errors.Is(err, unix.ENODATA) {
		err = nil
	}
	chmodErr := unix.Fchmod(fd, c.mode)
	if acl, gerr := attribute(fd, accessACL); !bytes.Equal(acl, c.acl) {
		return cannotKeep("access control list", errors.Join(err, gerr), "run this as root, or write to a new file")
	}
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&keptMode != c.mode {
		return cannotKeep(fmt.Sprintf("mode %04o", c.mode), chmodErr, "run this as root, or write to a new file")
	}
	return nil
}

// giveAttributes sets what else there is, and removes what the directory gave.
func (c *character) giveAttributes(fd int) error {
	for _, name := range slices.Sorted(maps.Keys(c.more)) {
		if there, err := attribute(fd, name); err == nil && bytes.Equal(there, c.more[name]) {
			continue
		}
		if err := unix.Fsetxattr(fd, name, c.more[name], 0); err != nil {
			return cannotKeep(strings.TrimPrefix(called(name), "its "), err, "run this as root, or write to a new file")
		}
	}
	names, err := attributes(fd)
	if err != nil {
		return err
	}
	for _, name := range names {
		// Labels of security modules are always there, and are none of ours.
		if c.more[name] != nil || name == accessACL || strings.HasPrefix(name, "security.") {
			continue
		}
		if err := unix.Fremovexattr(fd, name); err != nil && !errors.Is(err, unix.ENODATA) {
			return fmt.Errorf("%s, which the directory gives to new files, cannot be removed: %w", called(name), err)
		}
	}
	return nil
}

func cannotKeep(what string, err error, way string) error {
	why := ""
	if err != nil { // not wrapped: it is not about the file
		why = fmt.Sprintf(" (%v)", err)
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		way = "nothing was changed"
	}
	return fmt.Errorf("its %s cannot be kept%s; %s", what, why, way)
}

// called is how people call an extended attribute.
func called(name string) string {
	switch {
	case name == accessACL, strings.HasPrefix(name, "system."):
		return "its access control list"
	case name == "security.selinux":
		return "its SELinux label"
	}
	return "its extended attribute " + name
}

// attributes returns the names of the extended attributes, none where the file
// system has no such thing.
func attributes(fd int) ([]string, error) {
	b := make([]byte, 64<<10) // more than a list can have (XATTR_LIST_MAX)
	n, err := unix.Flistxattr(fd, b)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(b[:n]), func(r rune) bool { return r == 0 }), nil
}

// attribute returns the value of an extended attribute. It is nil, and not only
// empty, if that is not there.
func attribute(fd int, name string) ([]byte, error) {
	b := make([]byte, 64<<10) // XATTR_SIZE_MAX
	n, err := unix.Fgetxattr(fd, name, b)
	if err != nil {
		return nil, err
	}
	return append([]byte{}, b[:n]...), nil
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
