// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Kind is what a file is.
type Kind uint8

// Kinds that are told apart.
const (
	Other Kind = iota // a device or a FIFO
	Regular
	Directory
	Symlink
	Socket
)

func (k Kind) String() string {
	return [...]string{"a device or FIFO", "a regular file", "a directory", "a symbolic link", "a socket"}[k]
}

// Info is what is known about one file.
type Info struct {
	Kind     Kind
	Mode     uint32 // permission bits, the lowest nine
	UID, GID uint32
	ACL      bool // there is more to it than the mode
	// Owner and Group are UID and GID for people, "" for what the system says.
	Owner, Group string
}

// Tree is where files are. Paths are absolute. Errors that are
// [fs.ErrNotExist] and [fs.ErrPermission] are told from others.
type Tree interface {
	Lstat(path string) (Info, error)
	Readlink(path string) (string, error)
}

// OS is the tree of this machine.
var OS Tree = system{}

type system struct{}

func (system) Readlink(path string) (string, error) { return os.Readlink(path) }

func (system) Lstat(path string) (Info, error) {
	stat, err := os.Lstat(path)
	if err != nil {
		return Info{}, err
	}
	raw, ok := stat.Sys().(*syscall.Stat_t)
	if !ok {
		return Info{}, errors.New("the owner is not known")
	}
	info := Info{Mode: uint32(stat.Mode().Perm()), UID: raw.Uid, GID: raw.Gid}
	switch mode := stat.Mode(); {
	case mode.IsRegular():
		info.Kind = Regular
	case mode.IsDir():
		info.Kind = Directory
	case mode&fs.ModeSymlink != 0:
		info.Kind = Symlink
	case mode&fs.ModeSocket != 0:
		info.Kind = Socket
	}
	if info.Kind != Symlink {
		// Only a list with more than what the mode says is stored, acl(5).
		size, err := unix.Lgetxattr(path, "system.posix_acl_access", nil)
		info.ACL = err == nil && size > 0
	}
	return info, nil
}

func userName(uid uint32) string {
	number := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(number); err == nil {
		return u.Username
	}
	return number
}

func groupName(gid uint32) string {
	number := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(number); err == nil {
		return g.Name
	}
	return number
}
