// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// boot starts a machine of its own with the product enabled.
func boot(t *testing.T, enable ...string) *machine.Machine {
	t.Helper()
	opts := product.Options(sut.Layer, basic)
	opts.Name = "boot"
	opts.Enable = enable
	return machine.Start(t, opts)
}

func TestEnabledAtBoot(t *testing.T) {
	m := boot(t, "kresd-manager.service")
	if err := m.WaitUnit(t.Context(), "kresd-manager.service", "active"); err != nil {
		t.Fatal(err)
	}
	if out := m.Sh(t.Context(), "systemctl is-system-running; systemctl --failed --no-legend").Stdout; strings.TrimSpace(out) != "running" {
		t.Errorf("the system is %s", out)
	}
	q := new(dns.Msg)
	q.SetQuestion("host.example.", dns.TypeA)
	var in *dns.Msg
	if err := m.InNetNS(func() (err error) {
		in, _, err = (&dns.Client{Timeout: 5 * time.Second}).Exchange(q, "127.0.0.1:53")
		return err
	}); err != nil || len(in.Answer) != 1 {
		t.Errorf("after boot: %v %v", err, in)
	}
	if r := m.Sh(t.Context(), "systemctl is-active kresd-manager.socket kresd.target && kresctl status"); r.Code != 0 {
		t.Errorf("after boot: %s%s", r.Stdout, r.Stderr)
	}
}
