// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// commented is basic with something that only people read.
const commented = "# The resolver of the house.\n" + basic + `    # upstairs
    printer.example: 192.0.2.7   # the old one
`

func changes(t *testing.T) units.History {
	t.Helper()
	a := sut.Call(t, "GET", "/v1/history", "")
	var h units.History
	if err := json.Unmarshal([]byte(a.Body), &h); err != nil || a.Code != 200 {
		t.Fatalf("GET /v1/history: %d %v %s", a.Code, err, a.Body)
	}
	if h.Faults != nil {
		t.Errorf("faults of the history: %q", h.Faults)
	}
	return h
}

// setUnconfirmed changes an address, to be undone after a while.
func setUnconfirmed(t *testing.T, within string) {
	t.Helper()
	out := sut.Must(t, "kresctl", "config", "set", "-p", "/local-data/addresses/host.example", "192.0.2.99", "--confirm-within", within)
	if !strings.Contains(out, "unless kresctl confirm comes by ") {
		t.Errorf("kresctl says %s", out)
	}
	sut.Expect(t, "host.example.", "192.0.2.99")
}

func TestChangeIsUndoneUnlessConfirmed(t *testing.T) {
	sut.Fresh(t, basic)
	setUnconfirmed(t, "5s")
	if s := sut.Status(t); s.Waiting == nil || !s.FileDiffers {
		t.Errorf("status: waiting %+v, differs %t", s.Waiting, s.FileDiffers)
	}
	product.Eventually(t, "the change is undone", func() bool { return sut.Status(t).Waiting == nil })
	sut.Expect(t, "host.example.", "192.0.2.1")
	if s := sut.Status(t); s.State != "running" || s.FileDiffers {
		t.Errorf("the state is %s, the file differs: %t", s.State, s.FileDiffers)
	}
	if r := sut.Exec(t, "kresctl", "confirm"); r.Code != 1 || !strings.Contains(r.Stderr, "no change waits to be confirmed") {
		t.Errorf("kresctl confirm: %d %s", r.Code, r.Stderr)
	}

	setUnconfirmed(t, "6s")
	sut.Must(t, "kresctl", "confirm")
	time.Sleep(7 * time.Second) // nothing means that nothing happens
	sut.Expect(t, "host.example.", "192.0.2.99")
	h := changes(t)
	if e := h.Entries[0]; e.Who.User != "root" || e.Who.UID == nil || e.Confirmed == nil || !e.Running || len(h.Entries) != 4 {
		t.Errorf("the history is %+v", h)
	}
}

// The manager is not there when the time is over.
func TestChangeIsUndoneByAManagerThatComesLate(t *testing.T) {
	for name, end := range map[string]string{
		"killed":  "systemctl kill --kill-whom=main --signal=KILL kresd-manager.service; systemctl stop kresd-manager.socket kresd-manager.service",
		"stopped": "systemctl stop kresd-manager.socket kresd-manager.service",
	} {
		t.Run(name, func(t *testing.T) {
			sut.Fresh(t, basic)
			setUnconfirmed(t, "5s")
			before := sut.PIDs(t)
			sut.Must(t, "sh", "-c", end)
			time.Sleep(5 * time.Second) // the promise
			sut.Expect(t, "host.example.", "192.0.2.99")
			sut.Must(t, "systemctl", "start", "kresd-manager.service")
			sut.Expect(t, "host.example.", "192.0.2.1")
			if s := sut.Status(t); s.State != "running" || s.Waiting != nil {
				t.Errorf("the state is %s, waiting %+v", s.State, s.Waiting)
			}
			if after := sut.PIDs(t); len(after) != len(before) || after["kresd@1.service"] != before["kresd@1.service"] {
				t.Errorf("processes changed from %v to %v", before, after)
			}
		})
	}
}

// The machine boots while a reload waits: what the file holds was not confirmed.
func TestUnconfirmedReloadAndABoot(t *testing.T) {
	sut.Fresh(t, basic)
	sut.WriteConfig(t, strings.Replace(basic, "192.0.2.1", "192.0.2.98", 1))
	sut.Must(t, "kresctl", "reload", "--confirm-within", "5s")
	sut.Expect(t, "host.example.", "192.0.2.98")
	sut.Must(t, "sh", "-c", `
		systemctl stop kresd-manager.socket kresd-manager.service kresd.target 'kresd@*.service' kres-gc kres-policy-loader
		rm -rf /run/kresd-manager /run/kresd-manager.rundir /run/knot-resolver
		systemd-tmpfiles --create --boot kresd-manager.conf`)
	time.Sleep(5 * time.Second)
	sut.Must(t, "systemctl", "start", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.1")
	if s := sut.Status(t); s.State != "running" || !s.FileDiffers || s.Waiting != nil {
		t.Errorf("the state is %s, the file differs: %t, waiting %+v", s.State, s.FileDiffers, s.Waiting)
	}
	sut.Must(t, "kresctl", "reload") // someone has looked at it again
	sut.Expect(t, "host.example.", "192.0.2.98")
}

func TestRollback(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "kresctl", "config", "set", "-p", "/workers", "1", "-m", "a small machine")
	// Who became root is named, too.
	if out := sut.Must(t, "sh", "-c", "echo 65534 >/proc/self/loginuid && kresctl config set -q -p /nsid logged && kresctl history --by nobody && kresctl rollback -q"); !strings.Contains(out, "nobody (as root)") {
		t.Errorf("the login uid is not in the history:\n%s", out)
	}
	sut.Put(t, "/local-data/addresses/host.example", `"192.0.2.50"`)
	if out := sut.Must(t, "kresctl", "history"); !strings.Contains(out, "PUT /workers (a small machine)") {
		t.Errorf("kresctl history:\n%s", out)
	}
	out := sut.Must(t, "kresctl", "rollback", "--dry-run", "1")
	for _, want := range []string{"~ /workers: 1 → 2\n", "~ /local-data/addresses/host.example: 192.0.2.50 → 192.0.2.1\n", "start worker 2", "undoes change 2 of root: PUT /workers (a small machine)\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the plan does not say %q:\n%s", want, out)
		}
	}
	sut.Must(t, "kresctl", "rollback", "1")
	sut.Expect(t, "host.example.", "192.0.2.1")
	if got := sut.PIDs(t); got["kresd@2.service"] == 0 {
		t.Errorf("processes are %v", got)
	}
	sut.Must(t, "kresctl", "rollback", "2")
	if s := sut.Status(t); s.Workers != 1 || !s.FileDiffers {
		t.Errorf("%d workers, the file differs: %t", s.Workers, s.FileDiffers)
	}
}

// Configurations hold secrets, and the workers are in the group of the manager.
func TestOnlyTheManagerReadsTheHistory(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Put(t, "/nsid", `"x"`)
	const file = "/var/lib/kresd-manager/history/00000002.config"
	product.Eventually(t, "the change is on disk", func() bool { return sut.Exec(t, "test", "-s", file).Code == 0 })
	if r := sut.Exec(t, "setpriv", "--reuid=knot-resolver", "--regid=knot-resolver", "--init-groups", "cat", file); r.Code == 0 {
		t.Errorf("a worker can read %s", r.Stdout)
	}
	sut.Must(t, "setpriv", "--reuid=kresd-manager", "--regid=knot-resolver", "--init-groups", "cat", file)
}

func TestSaveKeepsComments(t *testing.T) {
	sut.Fresh(t, commented)
	sut.Must(t, "sh", "-c", "chown root:knot-resolver "+product.ConfigFile+" && chmod 640 "+product.ConfigFile)
	sut.Put(t, "/local-data/addresses/printer.example", `"192.0.2.8"`)
	sut.Put(t, "/workers", "1")
	before := sut.PIDs(t)
	sut.Must(t, "kresctl", "config", "save")
	want := strings.NewReplacer("workers: 2", "workers: 1", "192.0.2.7", "192.0.2.8").Replace(commented)
	if got := sut.Must(t, "cat", product.ConfigFile); got != want {
		t.Errorf("the file is\n%s\nwant\n%s", got, want)
	}
	if got := sut.Must(t, "stat", "-c", "%U:%G %a", product.ConfigFile); got != "root:knot-resolver 640\n" {
		t.Errorf("the file belongs to %s", got)
	}
	if s := sut.Status(t); s.FileDiffers || s.State != "running" {
		t.Errorf("the state is %s, the file differs: %t", s.State, s.FileDiffers)
	}
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	sut.Expect(t, "printer.example.", "192.0.2.8")
	if after := sut.PIDs(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	// Someone else may neither read nor write it.
	r := sut.Exec(t, "setpriv", "--reuid=nobody", "--regid=knot-resolver", "--clear-groups", "kresctl", "config", "save", "--force")
	if got := sut.Must(t, "cat", product.ConfigFile); got != want {
		t.Errorf("the file is\n%s (%s)", got, r.Stderr)
	}
	sut.Put(t, "/workers", "2")
	r = sut.Exec(t, "setpriv", "--reuid=nobody", "--regid=knot-resolver", "--clear-groups", "kresctl", "config", "save")
	if r.Code != 1 || !strings.Contains(r.Stderr, "permission denied") {
		t.Errorf("kresctl config save: %d %s", r.Code, r.Stderr)
	}
}
