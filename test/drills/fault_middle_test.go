// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFaultsInTheMiddleOfARoll has something happen after some steps of a
// change that restarts every worker. Where the manager can do nothing about it,
// it takes the change back and says why.
func TestFaultsInTheMiddleOfARoll(t *testing.T) {
	there, back := document(3, "one", "192.0.2.11", "1s"), document(3, "two", "192.0.2.12", "2s")
	sut.Fresh(t, there)
	one := observe(t)
	two := apply(t, back)
	serving(t)
	// Steps: try, load, restart 1, 2 and 3, and the collector after the first.
	doc, from, to := there, two, one
	for _, c := range []struct {
		name    string
		steps   int
		command string
		undo    string
		succeed bool   // it must
		says    string // where it does not
	}{
		{
			name: "the bus is restarted again and again", steps: 1, succeed: true,
			command: "for i in 1 2 3; do systemctl reset-failed dbus.service; systemctl restart dbus.service; done",
		},
		{name: "systemd executes itself anew", steps: 2, command: "for i in 1 2 3; do systemctl daemon-reexec; done", succeed: true},
		{name: "systemd reloads its units", steps: 1, command: "for i in 1 2 3 4 5 6; do systemctl daemon-reload; done", succeed: true},
		{name: "someone restarts a worker", steps: 4, command: "systemctl restart kresd@3.service"},
		{name: "someone stops a worker before its turn", steps: 2, command: "systemctl stop kresd@3.service", says: "someone else asked for its stop"},
		{name: "someone stops a worker in its turn", steps: 4, command: "systemctl stop kresd@3.service", says: "someone else asked for its stop"},
		{
			name: "someone masks a worker", steps: 2, command: "systemctl mask --runtime kresd@3.service",
			undo: "systemctl unmask --runtime kresd@3.service", says: "systemctl unmask --runtime kresd@3.service",
		},
		{name: "someone kills a worker", steps: 4, command: "systemctl kill --kill-whom=main --signal=KILL kresd@1.service"},
		{name: "someone stops the policy-loader", steps: 1, command: "systemctl stop kres-policy-loader.service"},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			happened := afterSteps(t, c.steps, c.command)
			a, err := sut.Request(t.Context(), "PUT", "/v1/config", doc)
			if err != nil {
				t.Fatalf("PUT: %v", err)
			}
			took := time.Since(began)
			<-happened
			t.Logf("answer %d after %s, %s", a.Code, took.Round(time.Millisecond), a.Body)
			got := oneOf(t, from, to)
			switch {
			case a.Code == 200 && got.ETag != to.ETag:
				t.Error("it succeeded, and what runs is the old configuration")
			case a.Code != 200 && got.ETag != from.ETag:
				t.Error("it failed, and what runs is the new configuration")
			case a.Code != 200 && a.Code < 500:
				t.Error("the configuration is blamed for what someone else did")
			case a.Code != 200 && c.succeed:
				t.Error("nothing of that should hurt a change")
			case a.Code != 200 && !strings.Contains(a.Body, c.says):
				t.Errorf("it does not say %q", c.says)
			}
			if c.undo != "" {
				sut.Must(t, "sh", "-c", c.undo)
			}
			if got := apply(t, doc); !cmp.Equal(got, to) {
				t.Errorf("the change leads to something else afterwards (-):\n%s", cmp.Diff(to, got))
			}
		})
		if t.Failed() {
			t.FailNow() // what follows begins with another state
		}
		from, to = to, from
		if doc = back; to.ETag == one.ETag {
			doc = there
		}
	}
}
