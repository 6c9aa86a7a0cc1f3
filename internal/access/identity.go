// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
)

// Identity is whom a file is judged for: a user with groups, which need not be
// those of the account.
type Identity struct {
	Name   string
	UID    uint32
	GIDs   []uint32 // of the process, all of them; the first is the main one
	Groups []string // GIDs for people; may be nil
}

// Lookup finds an account by name, with the groups that it has when it logs in.
func Lookup(name string) (Identity, error) {
	who, u, err := find(name)
	if err != nil {
		return Identity{}, err
	}
	groups, err := u.GroupIds()
	if err != nil {
		return Identity{}, fmt.Errorf("cannot find the groups of %s: %w", name, err)
	}
	return who, who.addNumbers(append([]string{u.Gid}, groups...))
}

// Self is who this process is.
func Self() (Identity, error) {
	who := Identity{UID: uint32(os.Geteuid())}
	who.Name = userName(who.UID)
	groups, err := os.Getgroups()
	if err != nil {
		return Identity{}, fmt.Errorf("cannot find the groups of this process: %w", err)
	}
	who.add(uint32(os.Getegid()))
	for _, g := range groups {
		who.add(uint32(g))
	}
	return who, nil
}

// find finds a user by name or number.
func find(name string) (Identity, *user.User, error) {
	u, err := user.Lookup(name)
	if _, isNumber := number(name); err != nil && isNumber {
		u, err = user.LookupId(name)
	}
	if err != nil {
		if unknown(err) {
			return Identity{}, nil, fmt.Errorf("there is no user %s on this machine, so what it may access is unknown", name)
		}
		return Identity{}, nil, fmt.Errorf("cannot find the user %s: %w", name, err)
	}
	uid, ok := number(u.Uid)
	if !ok {
		return Identity{}, nil, fmt.Errorf("cannot use the user %s: its number is %q", name, u.Uid)
	}
	return Identity{Name: u.Username, UID: uid}, u, nil
}

func (who *Identity) addNumbers(groups []string) error {
	for _, g := range groups {
		gid, ok := number(g)
		if !ok {
			return fmt.Errorf("cannot use a group of %s: its number is %q", who.Name, g)
		}
		who.add(gid)
	}
	return nil
}

func (who *Identity) add(gid uint32) {
	if !slices.Contains(who.GIDs, gid) {
		who.GIDs = append(who.GIDs, gid)
		who.Groups = append(who.Groups, groupName(gid))
	}
}

// String is the user with the groups: who was judged.
func (who Identity) String() string {
	switch {
	case who.UID == 0 || len(who.Groups) == 0:
		return who.Name
	case len(who.Groups) == 1:
		return who.Name + " in the group " + who.Groups[0]
	}
	return who.Name + " in the groups " + strings.Join(who.Groups, ", ")
}

// Same reports whether files are the same for both.
func (who Identity) Same(other Identity) bool {
	return who.UID == other.UID && slices.Equal(slices.Sorted(slices.Values(who.GIDs)), slices.Sorted(slices.Values(other.GIDs)))
}

// UserID returns the number of a user that is given by name or number; ok is
// false if there is no such name.
func UserID(name string) (uid uint32, ok bool) {
	if u, err := user.Lookup(name); err == nil {
		name = u.Uid
	}
	return number(name)
}

// GroupID is UserID for groups.
func GroupID(name string) (gid uint32, ok bool) {
	if g, err := user.LookupGroup(name); err == nil {
		name = g.Gid
	}
	return number(name)
}

func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil
}

func unknown(err error) bool {
	var noUser user.UnknownUserError
	var noID user.UnknownUserIdError
	var noGroup user.UnknownGroupError
	return errors.As(err, &noUser) || errors.As(err, &noID) || errors.As(err, &noGroup)
}
