// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
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
