// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// slowRules keep the policy-loader busy for some seconds.
func slowRules(seconds int) string {
	return fmt.Sprintf("local till = os.time() + %d; while os.time() < till do end", seconds)
}

// Rules may take longer to load than systemd would wait for a reload.
func TestALongLoadExtendsTheTimeoutOfAReload(t *testing.T) {
	wipe(t)
	const dropIn = "/run/systemd/system/kresd-manager.service.d/patience.conf"
	if err := sut.WriteFile(dropIn, []byte("[Service]\nTimeoutStartSec=8\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, "systemctl", "daemon-reload")
	defer sut.Sh(t.Context(), "rm "+dropIn+"; systemctl daemon-reload")
	fresh(t, basic)
	writeConfig(t, basic+"lua: {policy-script: '"+slowRules(11)+"'}\n")
	began := time.Now()
	if r := run(t, "systemctl", "reload", "kresd-manager.service"); r.Code != 0 {
		t.Fatalf("the reload failed after %s: %s\n%s", time.Since(began), r.Stderr, sut.Journal(t.Context(), "kresd-manager.service"))
	}
	if took := time.Since(began); took < 9*time.Second {
		t.Fatalf("the load took %s only, which proves nothing", took)
	}
	expect(t, "host.example.", "192.0.2.1")
}

func TestALongLoadCanBeCanceled(t *testing.T) {
	fresh(t, basic)
	before := pids(t)
	if r := run(t, "kresctl", "cancel"); r.Code != 1 || !strings.Contains(r.Stderr, "no change is in progress") {
		t.Errorf("cancel without a change: %d %s", r.Code, r.Stderr)
	}
	done := make(chan answer, 1)
	go func() {
		a, err := request(t.Context(), "PUT", "/v1/config/lua/policy-script", `"`+slowRules(300)+`"`, "Accept", "application/json")
		if err != nil {
			a.body = err.Error()
		}
		done <- a
	}()
	eventually(t, "the change is in progress", func() bool { return status(t).State == "applying" })
	time.Sleep(300 * time.Millisecond) // into the load
	expect(t, "host.example.", "192.0.2.1")
	must(t, "kresctl", "cancel")
	select {
	case a := <-done:
		if a.code != 409 || !strings.Contains(a.body, `"kind":"canceled"`) || !strings.Contains(a.body, `"restored":true`) {
			t.Errorf("%d %s", a.code, a.body)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("the change goes on")
	}
	if s := status(t); s.State != "running" {
		t.Errorf("state %s", s.State)
	}
	if a := call(t, "GET", "/v1/config/lua", ""); a.code != 404 {
		t.Errorf("the configuration has it: %s", a.body)
	}
	if after := pids(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Error("a worker was restarted")
	}
	expect(t, "host.example.", "192.0.2.1")
}
