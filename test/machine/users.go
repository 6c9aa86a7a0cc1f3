// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"strings"
)

// user is a line of the machine's /etc/passwd.
type user struct{ uid, gid, home string }

// user looks a user of the machine up by name.
func (m *Machine) user(name string) (user, error) {
	text, err := m.ReadFile("/etc/passwd")
	if err != nil {
		return user{}, err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Split(line, ":"); len(fields) == 7 && fields[0] == name {
			return user{uid: fields[2], gid: fields[3], home: fields[5]}, nil
		}
	}
	return user{}, fmt.Errorf("cannot find the user %s in the machine %s", name, m.name)
}
