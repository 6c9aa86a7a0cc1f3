// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

const tokenFile = "/etc/knot-resolver/operators.token"

// strict validates the installed configuration.
func strict(t *testing.T, want int) string {
	t.Helper()
	r := sut.Exec(t, "kresctl", "validate", "--strict")
	if r.Code != want {
		t.Errorf("validate --strict: exit %d, want %d\n%s%s", r.Code, want, r.Stdout, r.Stderr)
	}
	return r.Stdout + r.Stderr
}

// says fails the test unless a text has all of these words.
func says(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%s", what, w, text)
		}
	}
}

// operate asks for something that the role operate may do, as a user that has no
// role, with the token.
func operate(t *testing.T) string {
	t.Helper()
	return sut.Must(t, "setpriv", "--reuid=nobody", "--regid=nogroup", "--groups=knot-resolver", "curl", "--silent", "--show-error", "--max-time", "20",
		"--output", "/dev/null", "--write-out", "%{http_code}", "--unix-socket", product.Socket,
		"-H", "Authorization: Bearer "+apiToken, "-X", "POST", "http://localhost/renew")
}

// TestTheManagersUnitDecidesWhatItCanRead has a token for the own group of the
// account kresd-manager, which its unit does not have.
func TestTheManagersUnitDecidesWhatItCanRead(t *testing.T) {
	config := basic + `
management:
  unix-socket: ` + product.Socket + `
  roles:
    - {role: operate, token-file: ` + tokenFile + `}
`
	const pointer = "/management/roles/0/token-file"
	tidy(t, "rm -rf "+tokenFile+" /etc/systemd/system/kresd-manager.service.d; systemctl daemon-reload; usermod -g kresd-manager kresd-manager; groupdel admins")
	sut.Must(t, "sh", "-ec", "groupadd admins; usermod -g admins kresd-manager; echo "+apiToken+" >"+tokenFile+"; chown root:admins "+tokenFile+"; chmod 0640 "+tokenFile)
	sut.Fresh(t, config)
	reader := "by the user kresd-manager in the groups knot-resolver"
	unreadable := tokenFile + " is not readable " + reader
	next := "chown kresd-manager " + tokenFile + "; chmod 0400 " + tokenFile

	text := strict(t, 1)
	says(t, "strict", text, product.ConfigFile+":", ": "+pointer+": "+unreadable, "mode 0640, owner root, group admins", next)
	if code := operate(t); code != "401" {
		t.Errorf("a token that the manager cannot read: %s", code)
	}
	s := sut.Status(t)
	if s.State != "running" || len(s.Problems) != 1 || s.Problems[0].Pointer != pointer || s.Problems[0].Severity != "error" ||
		!strings.HasPrefix(s.Problems[0].Message, unreadable) || s.Problems[0].Hint != next {
		t.Errorf("status has %+v", s.Problems)
	}
	says(t, "kresctl status", sut.Must(t, "kresctl", "status"), "problem", pointer+": "+unreadable, next)
	says(t, "the journal", sut.Journal(t.Context(), "kresd-manager.service"), unreadable)
	report, text := examine(t)
	if len(report.Findings) != 1 || report.Findings[0].Check != "files" {
		t.Errorf("doctor finds %+v", report.Findings)
	}
	says(t, "doctor", text, unreadable, next)

	// What is told helps, without a reload.
	sut.Must(t, "sh", "-c", s.Problems[0].Hint)
	says(t, "strict", strict(t, 0), ": valid", "judged for kresd-manager in the groups knot-resolver", "(kresd-manager.service)", "knot-resolver in the group knot-resolver (kresd@.service")
	if s := sut.Status(t); len(s.Problems) != 0 {
		t.Errorf("status still has %+v", s.Problems)
	}
	if code := operate(t); code != "200" {
		t.Errorf("a token that the manager can read: %s", code)
	}

	// The group of the workers is the manager's, too, and the token then theirs.
	sut.Must(t, "sh", "-c", "chown root:knot-resolver "+tokenFile+"; chmod 0640 "+tokenFile)
	open := tokenFile + " is readable by the user knot-resolver in the group knot-resolver, too: a worker that was taken over could use the API with this role"
	says(t, "strict", strict(t, 0), pointer+": warning: "+open, next)
	says(t, "kresctl status", sut.Must(t, "kresctl", "status"), "warning", open)
	if code := operate(t); code != "200" {
		t.Errorf("a token that the workers can read: %s", code)
	}

	// A drop-in that gives the manager the group counts.
	sut.Must(t, "sh", "-ec", "chown root:admins "+tokenFile+`; mkdir -p /etc/systemd/system/kresd-manager.service.d
		printf '[Service]\nSupplementaryGroups=admins\n' >/etc/systemd/system/kresd-manager.service.d/group.conf
		systemctl daemon-reload; systemctl restart kresd-manager.service`)
	says(t, "strict", strict(t, 0), ": valid", "kresd-manager in the groups knot-resolver", ", admins")
	if s := sut.Status(t); len(s.Problems) != 0 {
		t.Errorf("with a drop-in status has %+v", s.Problems)
	}
	if code := operate(t); code != "200" {
		t.Errorf("with a drop-in: %s", code)
	}
}

// TestAnInstallationIsStrictlyValid has nothing to find, and nothing to be unsure of.
func TestAnInstallationIsStrictlyValid(t *testing.T) {
	sut.Fresh(t, basic)
	text := strict(t, 0)
	if !strings.HasPrefix(text, product.ConfigFile+": valid\njudged for ") || strings.Contains(text, "warning") {
		t.Errorf("%s", text)
	}
}

// TestAccountsThatAreNotThereYet gives roles to some: that is told and stops
// nothing, and they count as soon as they are there.
func TestAccountsThatAreNotThereYet(t *testing.T) {
	tidy(t, "userdel latecomer; groupdel latecomers; true")
	sut.Fresh(t, basic+`
management:
  unix-socket: `+product.Socket+`
  roles:
    - {role: configure, groups: [root]}
    - role: operate
      users:
        - latecomer
      groups: [latecomers]
`)
	says(t, "strict", strict(t, 1), ":20:11: /management/roles/1/users/0: there is no user latecomer on this machine",
		":21:16: /management/roles/1/groups/0: there is no group latecomers on this machine")
	sut.Must(t, "systemctl", "reload", "kresd-manager.service")
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.1")
	s := sut.Status(t)
	if s.State != "running" || len(s.Problems) != 2 || s.Problems[0].Severity != "warning" || s.Problems[1].Severity != "warning" {
		t.Errorf("%s: %+v", s.State, s.Problems)
	}
	says(t, "kresctl status", sut.Must(t, "kresctl", "status"), "warning", "/management/roles/1/users/0: there is no user latecomer", "/management/roles/1/groups/0: there is no group latecomers")
	sut.Must(t, "sh", "-ec", "groupadd latecomers; useradd latecomer")
	if s := sut.Status(t); len(s.Problems) != 0 {
		t.Errorf("they are there, and status has %+v", s.Problems)
	}
	strict(t, 0)
}

// TestAKeyThatWorkersCannotRead is for a file of another unit.
func TestAKeyThatWorkersCannotRead(t *testing.T) {
	const key = "/etc/knot-resolver/own.key"
	tidy(t, "rm -f /etc/knot-resolver/own.key /etc/knot-resolver/own.crt")
	sut.Must(t, "sh", "-ec", `cd /etc/knot-resolver
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=own.example -keyout own.key -out own.crt
		chown root:knot-resolver own.key; chmod 0640 own.key; chmod 0644 own.crt`)
	sut.Fresh(t, strings.Replace(basic, "network:\n", "network:\n  tls: {cert-file: /etc/knot-resolver/own.crt, key-file: "+key+"}\n", 1))
	if s := sut.Status(t); len(s.Problems) != 0 {
		t.Errorf("%+v", s.Problems)
	}
	sut.Must(t, "chown", "root:root", key)
	unreadable := "/network/tls/key-file: " + key + " is not readable by the user knot-resolver in the group knot-resolver: mode 0640, owner root, group root"
	says(t, "strict", strict(t, 1), unreadable)
	out := sut.Must(t, "kresctl", "status")
	says(t, "kresctl status", out, unreadable, "chgrp knot-resolver "+key+"; chmod g+r "+key)
	sut.Must(t, "sh", "-c", sut.Status(t).Problems[0].Hint)
	if s := sut.Status(t); len(s.Problems) != 0 {
		t.Errorf("%+v", s.Problems)
	}
}
