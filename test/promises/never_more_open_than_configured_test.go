// SPDX-License-Identifier: Apache-2.0

package promises

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// Never more open than configured. A list that is broken costs its own rules alone, is told
// and tried again; a worker that finds no rules does not serve.
func TestNeverMoreOpenThanConfigured(t *testing.T) {
	const list = "/etc/knot-resolver/hosts.txt"
	sut.Fresh(t, three)
	t.Cleanup(func() { _ = sut.Exec(t, "rm", "-f", list) })
	write := func(text string) {
		t.Helper()
		if err := sut.WriteFile(list, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("192.0.2.5 listed.example\n")
	sut.WriteConfig(t, three+"  addresses-files: ["+list+"]\n")
	sut.Must(t, "kresctl", "reload")
	sut.Expect(t, "listed.example.", "192.0.2.5")

	write("this is no address\n")
	sut.Must(t, "systemctl", "stop", units.Socket, units.Manager, units.Target)
	sut.Must(t, "systemctl", "start", units.Manager)
	product.Eventually(t, "the list is told", func() bool { return sut.Status(t).State == "degraded" })
	says(t, "kresctl status", sut.Exec(t, "kresctl", "status"), list)
	sut.Expect(t, "host.example.", "192.0.2.1")   // other rules are in force
	sut.Expect(t, "listed.example.", "192.0.2.5") // and its own from the last good copy

	write("192.0.2.6 listed.example\n")
	product.Eventually(t, "the list is loaded again", func() bool { return sut.Status(t).State == "running" })
	sut.Expect(t, "listed.example.", "192.0.2.6")

	sut.Must(t, "systemctl", "stop", units.Socket, units.Manager, units.Target)
	sut.Must(t, "sh", "-c", "rm -rf /run/knot-resolver/work/ruledb /var/lib/kres-policy-loader/*; mv /run/kresd-manager/policy-loader /run/kresd-manager/away")
	if r := sut.Exec(t, "timeout", "20", "systemctl", "start", "kresd@1.service"); r.Code == 0 || strings.Contains(sut.Show(t, "kresd@1.service", "ActiveState"), "active\n") {
		t.Errorf("a worker serves without rules: %s", r.Stderr)
	}
	says(t, "the journal", sut.Exec(t, "journalctl", "-u", "kresd@1.service", "-n", "40", "-o", "cat"), "does not serve without them")
}
