// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// TestSandboxes prints the exposure that systemd-analyze finds for each unit,
// from 0 to 10, and holds it to a limit. Stock has one service, of 7.1.
func TestSandboxes(t *testing.T) {
	sut.Fresh(t, basic)
	for _, c := range []struct {
		unit  string
		limit float64
	}{
		{"kresd-manager.service", 0.5},
		{"kres-gc.service", 0.5},
		{"kres-policy-loader.service", 1.0},
		{"kresd@1.service", 1.5},
		{"kresd@canary.service", 1.5},
		{"kres-component@x.service", 1.4},
	} {
		out := sut.Must(t, "systemd-analyze", "security", "--no-pager", c.unit)
		_, after, _ := strings.Cut(out, "Overall exposure level for "+c.unit+": ")
		word, _, _ := strings.Cut(after, " ")
		got, err := strconv.ParseFloat(word, 64)
		t.Logf("%-28s %.1f, at most %.1f", c.unit, got, c.limit)
		if err != nil || got > c.limit {
			t.Errorf("%s: %s (%v)\n%s", c.unit, word, err, out)
		}
	}
	r := sut.Exec(t, "systemd-analyze", "security", "--no-pager", "knot-resolver.service")
	t.Log("stock: " + r.Stdout[strings.LastIndex(strings.TrimSpace(r.Stdout), "\n")+1:])
}

// TestControlSocketsAreOfTheManagerAndTheWorkers: whoever reaches one runs any
// Lua as the workers' user. The manager has their group from its unit, so that
// another process of its user does not reach them either.
func TestControlSocketsAreOfTheManagerAndTheWorkers(t *testing.T) {
	sut.Fresh(t, basic)
	for _, c := range []struct {
		user, group string
		want        bool
	}{
		{"nobody", "nogroup", false},
		{"messagebus", "messagebus", false},
		{"kresd-manager", "kresd-manager", false},
		{"kresd-manager", "knot-resolver", true},
		{"knot-resolver", "knot-resolver", true},
	} {
		r := sut.Exec(t, "setpriv", "--reuid="+c.user, "--regid="+c.group, "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
			"python3", "-c", `import socket; socket.socket(socket.AF_UNIX).connect("/run/knot-resolver/control/1")`)
		if got := r.Code == 0; got != c.want {
			t.Errorf("%s with group %s reaches the control socket of a worker: %v, want %v\n%s", c.user, c.group, got, c.want, r.Stderr)
		}
	}
}

// TestTheManagerKnowsWhoCalls in spite of its sandbox, also if the number of the
// user is one of those that directory services give.
func TestTheManagerKnowsWhoCalls(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "useradd", "--no-create-home", "--no-user-group", "--uid=1234567", "--gid=knot-resolver", "alice")
	tidy(t, "userdel alice")
	sut.Must(t, "setpriv", "--reuid=alice", "--regid=knot-resolver", "--clear-groups", "--no-new-privs",
		"kresctl", "config", "set", "-p", "/nsid", `"x"`)
	if out := sut.Must(t, "kresctl", "history"); !strings.Contains(out, "alice") && !strings.Contains(out, "1234567") {
		t.Errorf("the history does not tell that it was alice:\n%s", out)
	}
}
