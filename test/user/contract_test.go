// SPDX-License-Identifier: Apache-2.0

package user

import (
	"encoding/json"
	"strings"
	"testing"

	"kresd-manager/test/contract"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// real is the manager on a user's own systemd.
type real struct{ side }

func (s real) put(t *testing.T, path, doc string) (units.Report, error) {
	t.Helper()
	return product.Report(t, sut.HTTPClient(s.place.Rundir+"/kres-api.sock"), path, doc)
}

func (s real) Put(t *testing.T, doc string) (units.Report, error) { return s.put(t, "/v1/config", doc) }

func (s real) Plan(t *testing.T, doc string) units.Plan {
	t.Helper()
	r, err := s.put(t, "/v1/config?dry-run", doc)
	if err != nil {
		t.Fatalf("dry run: %v", err)
	}
	return r.Plan
}

// Live asks systemd, and the resolver for a name.
func (s real) Live(t *testing.T) map[string]string {
	t.Helper()
	live := map[string]string{}
	out := s.systemctl(t, "list-units", "--plain", "--no-legend", "--all", "kresd@*.service", "kres-component@*.service", "kres-gc.service", "kres-policy-loader.service")
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || f[1] != "loaded" || f[2] == "inactive" {
			continue
		}
		text := f[2]
		if text == "active" {
			text = strings.TrimSpace(s.systemctl(t, "show", "-P", "StatusText", f[0]))
		}
		if text == "" {
			text = strings.TrimSpace(root(t, "sh", "-c", "tr '\\0' ' ' </proc/"+strings.TrimSpace(s.systemctl(t, "show", "-P", "MainPID", f[0]))+"/cmdline"))
		}
		if weight := strings.TrimSpace(s.systemctl(t, "show", "-P", "CPUWeight", f[0])); weight != "[not set]" {
			text += " weight " + weight
		}
		live[f[0]] = text
	}
	expect(t, 53, "localhost.", "127.0.0.1")
	return live
}

// Fail makes a unit fail once, before its process is even started.
func (s real) Fail(t *testing.T, unit string, _ units.Kind) {
	t.Helper()
	root(t, "touch", "/tmp/fail-"+unit)
	root(t, "chown", name, "/tmp/fail-"+unit)
}

func (s real) Settle(t *testing.T) {
	t.Helper()
	eventually(t, "all is well", func() bool {
		client := sut.HTTPClient(s.place.Rundir + "/kres-api.sock")
		defer client.CloseIdleConnections()
		resp, err := client.Get("http://localhost/v1/status")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var st units.Status
		return json.NewDecoder(resp.Body).Decode(&st) == nil && st.State == "running"
	})
}

// TestContract makes the changes up that are also made on the system's systemd
// and in memory, and steps of them fail. An administrator allowed users port 53.
func TestContract(t *testing.T) {
	login(t)
	root(t, "sysctl", "-q", "-w", "net.ipv4.ip_unprivileged_port_start=53")
	defer root(t, "sysctl", "-q", "-w", "net.ipv4.ip_unprivileged_port_start=1024")
	if err := sut.WriteFile("/home/"+name+"/my.yaml", []byte("dnssec: {enable: false}\noptions: {priming: false}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := real{userSide()}
	const once = "[Service]\nExecStartPre=/bin/sh -c 'if test -e /tmp/fail-%n; then rm /tmp/fail-%n; exit 1; fi'\n"
	for _, unit := range []string{"kresd@.service", "kres-component@.service", "kres-gc.service", "kres-policy-loader.service"} {
		dir := s.files + "/" + unit + ".d"
		if err := sut.WriteFile(dir+"/fail.conf", []byte(once), 0o644); err != nil {
			t.Fatal(err)
		}
		defer root(t, "rm", "-r", dir)
	}
	s.systemctl(t, "daemon-reload")
	p := begin(t, s.command(s.manager...))
	p.endAtCleanup(t, s.command, s.ctl...)
	p.ready(t)
	s.Settle(t)                // of a start, some is done after that
	contract.Run(t, s, 100, 6) // others than on the system's systemd
	if t.Failed() {
		t.Log(p.out.String())
	}
}
