// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/doors"
)

// TestEveryMethodOfSystemd over D-Bus is one that was looked at, and those that
// are not for us are refused to both users.
func TestEveryMethodOfSystemd(t *testing.T) {
	sut.Fresh(t, basic)
	t.Logf("%d calls were refused", doors.System{Machine: sut.Machine}.Bus(t))
}

// TestEveryVarlinkMethod is the same over Varlink.
func TestEveryVarlinkMethod(t *testing.T) {
	sut.Fresh(t, basic)
	s := doors.System{Machine: sut.Machine}
	if all := s.Varlinks(t); !strings.Contains(strings.Join(all, " "), doors.PID1) {
		t.Fatalf("systemd does not answer at %s, but at %q", doors.PID1, all)
	}
	t.Logf("%d calls were refused", s.TryVarlink(t))
	if r := sut.Exec(t, "test", "-e", "/root/owned"); r.Code == 0 {
		t.Error("one of our users ran a command as root")
	}
}

func TestNoUserManager(t *testing.T) {
	sut.Fresh(t, basic)
	t.Logf("%d calls were refused", doors.System{Machine: sut.Machine}.UserManagers(t))
}
