// SPDX-License-Identifier: Apache-2.0

package access

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/unitfile"
)

// TestOfUnit goes by accounts that every system has: daemon has a group of its
// own, which a unit with Group= does not.
func TestOfUnit(t *testing.T) {
	groupFile = filepath.Join(t.TempDir(), "group")
	t.Cleanup(func() { groupFile = "/etc/group" })
	own, err := Lookup("daemon")
	if err != nil {
		t.Fatal(err)
	}
	ownGroup := groupName(own.GIDs[0])
	for name, c := range map[string]struct {
		unit, groups string // group(5)
		want         string
	}{
		"a group in place of the account's own": {"User=daemon\nGroup=root", "", "daemon in the group root"},
		"none":                                  {"User=daemon", "", "daemon in the group " + ownGroup},
		"more groups":                           {"User=daemon\nGroup=root\nSupplementaryGroups=tty mail\nSupplementaryGroups=0 tty", "", "daemon in the groups root, tty, mail"},
		"more groups from the beginning":        {"User=daemon\nGroup=root\nSupplementaryGroups=tty\nSupplementaryGroups=\nSupplementaryGroups=mail", "", "daemon in the groups root, mail"},
		"a member of the account's own": {"User=daemon\nGroup=root", ownGroup + ":x:" + "GID" + ":other,daemon\n",
			"daemon in the groups root, " + ownGroup},
		"the last word counts": {"User=mail\nUser=daemon\nGroup=tty\nGroup=root", "", "daemon in the group root"},
		"no user":              {"Type=simple", "", "root"},
		"a number":             {"User=" + strconv.FormatUint(uint64(own.UID), 10) + "\nGroup=0", "", "daemon in the group root"},
		"an unknown user":      {"User=nobody-of-this-name", "", "cannot tell who x.service runs as: there is no user nobody-of-this-name on this machine, so what it may access is unknown"},
		"an unknown group":     {"User=daemon\nGroup=root\nSupplementaryGroups=no-such-group", "", "cannot tell who x.service runs as: there is no group no-such-group on this machine"},
		"a specifier":          {"User=%i", "", "cannot tell who x.service runs as: %i is not known before it starts"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.ReplaceAll(c.groups, "GID", strconv.FormatUint(uint64(own.GIDs[0]), 10))
			if err := os.WriteFile(groupFile, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			u, err := unitfile.Parse("x.service", "[Unit]\nUser=other\n[Service]\n"+c.unit)
			if err != nil {
				t.Fatal(err)
			}
			who, err := OfUnit(u)
			got := who.String()
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheGroupsOfAUnitDecide(t *testing.T) {
	own, err := Lookup("daemon")
	if err != nil {
		t.Fatal(err)
	}
	u, err := unitfile.Parse("x.service", "[Service]\nUser=daemon\nGroup=root\n")
	if err != nil {
		t.Fatal(err)
	}
	who, err := OfUnit(u)
	if err != nil {
		t.Fatal(err)
	}
	info := Info{Kind: Regular, Mode: 0o640, UID: own.UID + 1, GID: own.GIDs[0]}
	if own.may(mayRead, &info) != yes || who.may(mayRead, &info) != no {
		t.Error("a file of the account's group can be read by a unit that does not have it")
	}
	if who.Same(own) || !who.Same(Identity{UID: own.UID, GIDs: []uint32{0}}) {
		t.Error("who is the same goes by something else than numbers")
	}
}

func TestSelf(t *testing.T) {
	who, err := Self()
	if err != nil || who.UID != uint32(os.Geteuid()) || len(who.GIDs) == 0 || who.GIDs[0] != uint32(os.Getegid()) {
		t.Errorf("%+v, %v", who, err)
	}
}
