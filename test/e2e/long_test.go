// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// slowRules keep the policy-loader busy for some seconds.
func slowRules(seconds int) string {
	return fmt.Sprintf("local till = os.time() + %d; while os.time() < till do end", seconds)
}

// Rules may take longer to load than systemd would wait for a reload.
func TestALongLoadExtendsTheTimeoutOfAReload(t *testing.T) {
	sut.Wipe(t)
	const dropIn = "/run/systemd/system/kresd-manager.service.d/patience.conf"
	if err := sut.WriteFile(dropIn, []byte("[Service]\nTimeoutStartSec=8\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "systemctl", "daemon-reload")
	defer sut.Sh(t.Context(), "rm "+dropIn+"; systemctl daemon-reload")
	sut.Fresh(t, basic)
	sut.WriteConfig(t, basic+"lua: {policy-script: '"+slowRules(11)+"'}\n")
	began := time.Now()
	if r := sut.Exec(t, "systemctl", "reload", "kresd-manager.service"); r.Code != 0 {
		t.Fatalf("the reload failed after %s: %s\n%s", time.Since(began), r.Stderr, sut.Journal(t.Context(), "kresd-manager.service"))
	}
	if took := time.Since(began); took < 9*time.Second {
		t.Fatalf("the load took %s only, which proves nothing", took)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

func TestALongLoadCanBeCanceled(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	if r := sut.Exec(t, "kresctl", "cancel"); r.Code != 1 || !strings.Contains(r.Stderr, "no change is in progress") {
		t.Errorf("cancel without a change: %d %s", r.Code, r.Stderr)
	}
	done := make(chan product.Answer, 1)
	go func() {
		a, err := sut.Request(t.Context(), "PUT", "/v1/config/lua/policy-script", `"`+slowRules(300)+`"`, "Accept", "application/json")
		if err != nil {
			a.Body = err.Error()
		}
		done <- a
	}()
	product.Eventually(t, "the change is in progress", func() bool { return sut.Status(t).State == "applying" })
	time.Sleep(300 * time.Millisecond) // into the load
	sut.Expect(t, "host.example.", "192.0.2.1")
	sut.Must(t, "kresctl", "cancel")
	select {
	case a := <-done:
		if a.Code != 409 || !strings.Contains(a.Body, `"kind":"canceled"`) || !strings.Contains(a.Body, `"restored":true`) {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("the change goes on")
	}
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %s", s.State)
	}
	if a := sut.Call(t, "GET", "/v1/config/lua", ""); a.Code != 200 || a.Body != "null" {
		t.Errorf("the configuration has it: %s", a.Body)
	}
	if after := sut.PIDs(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Error("a worker was restarted")
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

// Whoever comes while a change is in progress sees what runs, for whom, and what waits
// behind it; the change needs no client, and a reload by systemctl fails as the change does.
func TestALongChangeIsSeenByEveryone(t *testing.T) {
	sut.Fresh(t, basic)
	begin := func(method, path, body string) (number string) {
		t.Helper()
		a, err := sut.Request(t.Context(), method, path, body, "Accept", "application/json", "Prefer", "respond-async")
		if err != nil || a.Code != 202 {
			t.Fatalf("%s %s: %d %s, %v", method, path, a.Code, a.Body, err)
		}
		var c struct{ ID int }
		if err := json.Unmarshal([]byte(a.Body), &c); err != nil || c.ID == 0 {
			t.Fatalf("%s: %v", a.Body, err)
		}
		return fmt.Sprint(c.ID)
	}
	ended := func(number string) wire.Change {
		t.Helper()
		var c wire.Change
		a := sut.Call(t, "GET", "/v1/changes/"+number+"?wait=2m", "")
		if err := json.Unmarshal([]byte(a.Body), &c); err != nil || a.Code != 200 {
			t.Fatalf("%d %s: %v", a.Code, a.Body, err)
		}
		return c
	}

	long := begin("PUT", "/v1/config/lua/policy-script", `"`+slowRules(6)+`"`)
	next := begin("PUT", "/v1/config/nsid", `"next"`)
	behind := "behind change " + long + " (PUT /lua/policy-script, by root, since "
	if r := sut.Exec(t, "kresctl", "config", "set", "--no-wait", "-p", "/nsid", "never"); r.Code != 0 || !strings.Contains(r.Stdout, behind) {
		t.Errorf("--no-wait: %d %s%s", r.Code, r.Stdout, r.Stderr)
	}
	var queued []string
	for _, c := range allChanges(t) {
		if c.State == units.ChangeQueued {
			queued = append(queued, fmt.Sprint(c.ID))
		}
	}
	if len(queued) != 2 || queued[0] != next {
		t.Fatalf("queued: %q", queued)
	}
	if r := sut.Exec(t, "kresctl", "cancel", queued[1]); r.Code != 0 || !strings.HasSuffix(r.Stdout, "is given up; it had not begun\n") {
		t.Errorf("cancel: %d %s%s", r.Code, r.Stdout, r.Stderr)
	}
	// One that waits says so, line by line, and then what it did.
	r := sut.Exec(t, "kresctl", "config", "set", "-p", "/nsid", "last")
	if r.Code != 0 || !strings.Contains(r.Stderr, "waits "+behind) || !strings.Contains(r.Stderr, "restart kresd@1.service: done in ") || strings.ContainsAny(r.Stderr, "\r\x1b") {
		t.Errorf("the last one: %d %s%s", r.Code, r.Stdout, r.Stderr)
	}
	for number, want := range map[string]units.ChangeState{long: units.ChangeApplied, next: units.ChangeApplied, queued[1]: units.ChangeCanceled} {
		if c := ended(number); c.State != want {
			t.Errorf("change %s: %+v", number, c)
		}
	}
	if c := ended(long); len(c.Steps) == 0 || time.Duration(c.Steps[0].Took) < 4*time.Second || fmt.Sprint(c.Report.Entry) != long {
		t.Errorf("the long one: %+v", c)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")

	// What is refused is refused in the end, too, and whoever reloads by systemctl sees that.
	refused := begin("PUT", "/v1/config/lua/script", `"no_such_function()"`)
	if c := ended(refused); c.State != units.ChangeRefused || c.Problem == nil || c.Problem.Status != 422 || c.Problem.Restored == nil || !*c.Problem.Restored {
		t.Errorf("the refused one: %+v", c)
	}
	sut.WriteConfig(t, basic+"lua: {script: 'no_such_function()'}\n")
	if r := sut.Exec(t, "systemctl", "reload", "kresd-manager.service"); r.Code == 0 {
		t.Error("the reload succeeds")
	}
	if r := sut.Exec(t, "systemctl", "is-active", "kresd-manager.service"); r.Stdout != "active\n" {
		t.Errorf("the manager is %s", r.Stdout)
	}
	text := sut.Journal(t.Context(), "kresd-manager.service")
	if !strings.Contains(text, "kresctl: configuration refused: ") || strings.ContainsAny(text, "\r\x1b") {
		t.Errorf("the journal: %s", text)
	}
}

// allChanges are those that are in progress, that wait or that have ended.
func allChanges(t *testing.T) []wire.Change {
	t.Helper()
	var all wire.Changes
	a := sut.Call(t, "GET", "/v1/changes", "")
	if err := json.Unmarshal([]byte(a.Body), &all); err != nil || a.Code != 200 {
		t.Fatalf("%d %s: %v", a.Code, a.Body, err)
	}
	return all.Changes
}
