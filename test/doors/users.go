// SPDX-License-Identifier: Apache-2.0

package doors

import (
	"fmt"
	"strings"
	"testing"
)

// UID returns the number of a user.
func (s System) UID(t *testing.T, user string) string {
	t.Helper()
	return strings.TrimSpace(s.must(t, "id", "-u", user))
}

// UserManagers tries to come by a user manager, which would run anything outside of
// every sandbox: logind starts one for who lingers, and allows
// that to everyone who asks for himself, unless a rule of polkit says otherwise.
// It tries what else logind and its kin do for everyone, too, and returns how many
// calls were refused.
func (s System) UserManagers(t *testing.T) (refusals int) {
	t.Helper()
	s.must(t, "systemctl", "start", login)
	for _, user := range []string{Manager, Worker} {
		uid := s.UID(t, user)
		for _, c := range []struct {
			object Object
			call   []string
		}{
			{Login, []string{"SetUserLinger", "ubb", uid, "true", "false"}},
			{Login, []string{"SetUserLinger", "ubb", "0", "true", "false"}},
			{Login, []string{"CreateSession", "uusssssussbssa(sv)", uid, "0", "x", "unspecified", "background", "", "", "0", "", "", "false", "", "", "0"}},
			{Login, []string{"Inhibit", "ssss", "shutdown", "x", "x", "block"}},
			{Login, []string{"Inhibit", "ssss", "shutdown:sleep", "x", "x", "delay"}},
			{Login, []string{"Inhibit", "ssss", "idle", "x", "x", "block"}},
			{Login, []string{"PowerOff", "b", "false"}},
			{Login, []string{"Reboot", "b", "false"}},
			{Login, []string{"SetWallMessage", "sb", "x", "true"}},
			{Systemd, []string{"StartUnit", "ss", fmt.Sprintf("user@%s.service", uid), "replace"}},
			{Systemd, []string{"StartUnit", "ss", fmt.Sprintf("user-runtime-dir@%s.service", uid), "replace"}},
			{Systemd, []string{"StartUnit", "ss", fmt.Sprintf("user-%s.slice", uid), "replace"}},
			{Systemd, []string{"StartUnit", "ss", "user@0.service", "replace"}},
			{Object{"org.freedesktop.hostname1", "/org/freedesktop/hostname1", "org.freedesktop.hostname1"}, []string{"SetHostname", "sb", "x", "false"}},
			{Object{"org.freedesktop.timedate1", "/org/freedesktop/timedate1", "org.freedesktop.timedate1"}, []string{"SetTimezone", "sb", "Europe/Prague", "false"}},
			{Object{"org.freedesktop.locale1", "/org/freedesktop/locale1", "org.freedesktop.locale1"}, []string{"SetLocale", "asb", "1", "LANG=C", "false"}},
		} {
			refusals++
			if got := s.Call(t, user, c.object, c.call[0], c.call[1:]...); got != Refused {
				t.Errorf("%s: %s %q is not refused: %s", user, c.object.service, c.call, got)
			}
		}
		if s.Sh(t.Context(), "test -e /var/lib/systemd/linger/"+user+" || test -e /run/user/"+uid).Code == 0 {
			t.Errorf("%s lingers", user)
			s.must(t, "loginctl", "disable-linger", user)
		}
	}
	return refusals
}
