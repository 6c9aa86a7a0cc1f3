// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bufio"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"

	"kresd-manager/internal/unitfile"
)

// OfUnit returns who the processes of a service are, by its User=, Group= and
// SupplementaryGroups= (systemd.exec(5)). That is not the account: Group= takes
// the place of its own group, and the others are those that list it as a member.
func OfUnit(u unitfile.Unit) (Identity, error) {
	var name, group string
	var more []string
	for _, o := range u.Options {
		if o.Section != "Service" {
			continue
		}
		switch o.Name {
		case "User":
			name = o.Value
		case "Group":
			group = o.Value
		case "SupplementaryGroups":
			if o.Value == "" {
				more = nil // starts the list again
			}
			more = append(more, strings.Fields(o.Value)...)
		}
	}
	for _, word := range append([]string{name, group}, more...) {
		if strings.Contains(word, "%") {
			return Identity{}, fmt.Errorf("cannot tell who %s runs as: %s is not known before it starts", u.Name, word)
		}
	}
	if name == "" {
		name = "root"
	}
	who, account, err := find(name)
	if err != nil {
		return Identity{}, fmt.Errorf("cannot tell who %s runs as: %w", u.Name, err)
	}
	if group == "" {
		group = account.Gid
	}
	for _, g := range append([]string{group}, more...) {
		gid, ok := GroupID(g)
		if !ok {
			return Identity{}, fmt.Errorf("cannot tell who %s runs as: there is no group %s on this machine", u.Name, g)
		}
		who.add(gid)
	}
	if who.UID == 0 {
		return who, nil
	}
	member, err := memberOf(account)
	if err != nil {
		return Identity{}, fmt.Errorf("cannot find the groups of %s: %w", name, err)
	}
	return who, who.addNumbers(member)
}

// memberOf lists the groups that name an account as a member, as initgroups(3)
// finds them. Its own group is none of them for being that.
func memberOf(account *user.User) ([]string, error) {
	groups, err := account.GroupIds()
	if err != nil {
		return nil, err
	}
	if !listed(account.Username, account.Gid) {
		groups = slices.DeleteFunc(groups, func(g string) bool { return g == account.Gid })
	}
	return groups, nil
}

// groupFile is the group database (group(5)).
var groupFile = "/etc/group"

// listed reports whether a group names a user as a member.
func listed(name, gid string) bool {
	f, err := os.Open(groupFile)
	if err != nil {
		return false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) == 4 && fields[2] == gid {
			return slices.Contains(strings.Split(fields[3], ","), name)
		}
	}
	return false
}
