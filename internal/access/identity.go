// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"
)

// Identity is an account and its groups.
type Identity struct {
	Name string
	UID  uint32
	GIDs []uint32 // the primary group and all others
}

// Lookup finds an account by name, with the groups that a service that runs
// as it gets.
func Lookup(name string) (Identity, error) {
	u, err := user.Lookup(name)
	if err != nil {
		var unknown user.UnknownUserError
		if errors.As(err, &unknown) {
			return Identity{}, fmt.Errorf("there is no user %s on this machine, so that nobody can tell what it may access", name)
		}
		return Identity{}, fmt.Errorf("cannot find the user %s: %w", name, err)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return Identity{}, fmt.Errorf("cannot find the groups of %s: %w", name, err)
	}
	who := Identity{Name: name}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return Identity{}, fmt.Errorf("cannot use the user %s: its number is %q", name, u.Uid)
	}
	who.UID = uint32(uid)
	for _, g := range append([]string{u.Gid}, groups...) {
		gid, err := strconv.ParseUint(g, 10, 32)
		if err != nil {
			return Identity{}, fmt.Errorf("cannot use a group of %s: its number is %q", name, g)
		}
		if !slices.Contains(who.GIDs, uint32(gid)) {
			who.GIDs = append(who.GIDs, uint32(gid))
		}
	}
	return who, nil
}

// Bits of one class of a mode, inode(7).
const (
	mayRead   = 4
	mayWrite  = 2
	maySearch = 1
)

// answer is what a mode says about a wish.
type answer uint8

const (
	no answer = iota
	yes
	unsure // there is an access control list that may say otherwise
)

// may tells whether an account gets all of the wanted bits. One class decides,
// even if another would give more.
func (who *Identity) may(want uint32, info *Info) answer {
	mode := info.Mode
	switch {
	case who.UID == 0:
		return yes // reading, writing and searching are never refused, capabilities(7)
	case who.UID == info.UID:
		mode >>= 6 // an access control list has no say about the owner, acl(5)
	case info.ACL:
		return unsure
	case slices.Contains(who.GIDs, info.GID):
		mode >>= 3
	}
	if mode&want == want {
		return yes
	}
	return no
}
