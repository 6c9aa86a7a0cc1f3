// SPDX-License-Identifier: Apache-2.0

package product

import (
	"slices"
	"strings"
	"testing"

	"kresd-manager/test/machine"
)

// AsManager calls a method of systemd as the manager's user, and returns why it is
// refused, "" if it is not.
func AsManager(t *testing.T, m *machine.Machine, method string, args ...string) (denial string) {
	t.Helper()
	r := m.Run(t.Context(), machine.Cmd{
		User:         "kresd-manager",
		Unprivileged: true,
		Args: append([]string{"busctl", "--allow-interactive-authorization=no", "call", "--", "org.freedesktop.systemd1",
			"/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", method}, args...),
	})
	if r.Code == 0 {
		return ""
	}
	return r.Stderr
}

// IsDenied tells a refusal for lack of authorisation from other errors.
func IsDenied(denial string) bool {
	return slices.ContainsFunc([]string{"Access denied", "Permission denied", "Interactive authentication required", "Rejected send message"},
		func(s string) bool { return strings.Contains(denial, s) })
}
