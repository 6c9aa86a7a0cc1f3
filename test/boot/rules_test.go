// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// Boots of a machine whose rules come in part from files that fail.

const lists = "/etc/knot-resolver/"

// ruled has rules that need no file, and four files.
const ruled = `
workers: 2
hostname: resolver.example
network: {listen: [{interface: 127.0.0.1}]}
views: [{subnets: [127.0.0.8/32], answer: refused}]
local-data:
  addresses: {host.example: 192.0.2.1}
  rules: [{name: text.blocked, subtree: nxdomain}]
  addresses-files: [gone.hosts, closed.hosts, late.hosts]
  rpz: [{file: broken.rpz}]
`

const zoneText = "$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\n%s.blocked CNAME .\n"

// answered is what a client with this address gets.
func answered(m *machine.Machine, from, name string) string {
	q := new(dns.Msg).SetQuestion(name+".", dns.TypeA)
	c := dns.Client{Timeout: 2 * time.Second, Dialer: &net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}}}
	got := ""
	if err := m.InNetNS(func() error {
		in, _, err := c.Exchange(q, "127.0.0.1:53")
		if err != nil {
			return err
		}
		got = dns.RcodeToString[in.Rcode]
		for _, rr := range in.Answer {
			if a, ok := rr.(*dns.A); ok {
				got += " " + a.A.String()
			}
		}
		return nil
	}); err != nil {
		return err.Error()
	}
	return got
}

// wantAnswers fails the test unless names are answered like this.
func wantAnswers(t *testing.T, m *machine.Machine, when string, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if got := answered(m, "127.0.0.1", name); got != w {
			t.Errorf("%s: %s is %s, want %s", when, name, got, w)
		}
	}
	if got := answered(m, "127.0.0.8", "host.example"); got != "REFUSED" {
		t.Errorf("%s: the client that is to be refused is answered %s", when, got)
	}
}

// lived is what a machine leaves on its disk on which the manager has applied ruled,
// when all lists but the late one were good.
func lived(t *testing.T) string {
	t.Helper()
	first := again(t, func(o *machine.Options) {
		o.Layers, o.Enable = []string{layer}, []string{"kresd-manager.service"}
		o.Files[product.ConfigFile] = machine.File{Content: ruled}
		for _, name := range []string{"gone", "closed", "late"} {
			o.Files[lists+name+".hosts"] = machine.File{Content: "192.0.2.9 " + name + ".example\n"}
		}
		o.Files[lists+"broken.rpz"] = machine.File{Content: fmt.Sprintf(zoneText, "broken")}
	})
	if err := first.WaitUnit(t.Context(), "kresd-manager.service", "active"); err != nil {
		t.Fatal(err)
	}
	sh(t, first, "timeout 30 sh -c 'until [ -e /var/lib/kresd-manager/boot/worker.lua ]; do sleep 0.05; done'")
	dir := t.TempDir()
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "var/lib"), 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := keep(t.Context(), first, filepath.Join(dir, "var/lib")); err != nil {
		t.Fatal(err)
	}
	from := fmt.Sprintf("/proc/%d/root/var/lib/kres-policy-loader", first.PID())
	if out, err := exec.Command("cp", "--archive", from, filepath.Join(dir, "var/lib")).CombinedOutput(); err != nil {
		t.Logf("there are no copies: %s", out)
	}
	return dir
}

// failing gives a machine these lists: one broken, one gone, one unreadable, and
// one of which there is no copy and that comes after five seconds.
func failing(state string, o *machine.Options) {
	o.Layers = []string{layer, state}
	o.Files[product.ConfigFile] = machine.File{Content: ruled}
	o.Files[lists+"closed.hosts"] = machine.File{Content: "192.0.2.66 closed.example\n", Mode: 0o600}
	o.Files[lists+"broken.rpz"] = machine.File{Content: fmt.Sprintf(zoneText, "partly") + "broken.blocked CNAME\n"}
	o.Files["/etc/systemd/system/late-list.service"] = machine.File{Content: "[Unit]\nDefaultDependencies=no\n[Service]\nType=exec\n" +
		"ExecStart=/bin/sh -c 'sleep 5; echo 192.0.2.77 late.example >" + lists + "late.new; mv " + lists + "late.new " + lists + "late.hosts'\n[Install]\nWantedBy=sysinit.target\n"}
	o.Enable = append(o.Enable, "late-list.service")
}

var fromCopies = map[string]string{
	"host.example":   "NOERROR 192.0.2.1",
	"text.blocked":   "NXDOMAIN",
	"gone.example":   "NOERROR 192.0.2.9",
	"closed.example": "NOERROR 192.0.2.9",
	"broken.blocked": "NXDOMAIN",
}

func TestBootWithListsThatFailAndNoManager(t *testing.T) {
	state := lived(t)
	m := again(t, func(o *machine.Options) { failing(state, o) })
	wantAnswers(t, m, "after the boot", fromCopies)
	if got := answered(m, "127.0.0.1", "partly.blocked"); strings.Contains(got, "NXDOMAIN") {
		t.Error("a list is loaded in part")
	}
	if f := failed(t, m); f != "" {
		t.Errorf("failed units: %s", f)
	}
	log := m.Journal(t.Context(), "kres-policy-loader")
	for _, want := range []string{lists + "gone.hosts: No such file", lists + "closed.hosts: Permission denied", lists + "broken.rpz:4: "} {
		if !strings.Contains(log, want) {
			t.Errorf("the policy-loader does not say %q:\n%s", want, log)
		}
	}
	if text := sh(t, m, "systemctl show -P StatusText kres-policy-loader"); !strings.HasSuffix(text, " sources degraded") {
		t.Errorf("the policy-loader says %q", text)
	}
	if owner := sh(t, m, "stat -c '%U %a' /var/lib/kres-policy-loader"); owner != "knot-resolver 700" {
		t.Errorf("the copies are in a directory of %s", owner)
	}

	// A policy-loader that was killed leaves it to the workers.
	sh(t, m, "systemctl stop kresd.target; while systemctl is-active kresd@1 kresd@2; do sleep 0.05; done >/dev/null")
	sh(t, m, "mkdir -p /run/systemd/system/kres-policy-loader.service.d; printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' >/run/systemd/system/kres-policy-loader.service.d/fails.conf; systemctl daemon-reload")
	sh(t, m, "rm -rf /run/knot-resolver/work/*; systemctl start kresd.target; timeout 30 sh -c 'until [ $(systemctl is-active kresd@1 kresd@2 | grep -cx active) = 2 ]; do sleep 0.1; done'")
	wantAnswers(t, m, "with a policy-loader that fails", fromCopies)
}

func TestBootWithALateListAndAManager(t *testing.T) {
	state := lived(t)
	if err := os.RemoveAll(filepath.Join(state, "var/lib/kres-policy-loader")); err != nil {
		t.Fatal(err)
	}
	m := again(t, func(o *machine.Options) {
		failing(state, o)
		o.Enable = append(o.Enable, "kresd-manager.service")
	})
	// Without copies, and before the list is there, what needs none is in force.
	wantAnswers(t, m, "after the boot", map[string]string{"host.example": "NOERROR 192.0.2.1", "text.blocked": "NXDOMAIN"})
	eventually(t, "the late list is in force", func() bool { return answered(m, "127.0.0.1", "late.example") == "NOERROR 192.0.2.77" })
	if err := m.WaitUnit(t.Context(), "kresd-manager.service", "active"); err != nil {
		t.Fatal(err)
	}
	if out := m.Sh(t.Context(), "kresctl status").Stdout; !strings.Contains(out, "▲ degraded · ") || !strings.Contains(out, "degraded: "+lists+"broken.rpz:4: ") {
		t.Errorf("kresctl status:\n%s", out)
	}
	for name, text := range map[string]string{"gone.hosts": "192.0.2.10 gone.example\n", "closed.hosts": "192.0.2.10 closed.example\n", "broken.rpz": fmt.Sprintf(zoneText, "broken")} {
		if err := m.WriteFile(lists+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all lists are in force", func() bool {
		return strings.Contains(m.Sh(t.Context(), "kresctl status").Stdout, "● running · ")
	})
	wantAnswers(t, m, "when all were fixed", map[string]string{
		"host.example": "NOERROR 192.0.2.1", "text.blocked": "NXDOMAIN", "gone.example": "NOERROR 192.0.2.10",
		"closed.example": "NOERROR 192.0.2.10", "broken.blocked": "NXDOMAIN", "late.example": "NOERROR 192.0.2.77",
	})
}

func eventually(t *testing.T, what string, f func() bool) { t.Helper(); product.Eventually(t, what, f) }
