// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// startEtcd starts the store of the fleet. What it has kept is there again after it was ended.
const startEtcd = `systemd-run --quiet --collect --unit=etcd --property=Type=notify --property=StateDirectory=etcd etcd \
	--data-dir /var/lib/etcd/data --log-level warn`

const fleetSettings = `host = "ns1"
tags = ["ring=canary"]
lead = true
[store]
kind = "etcd"
fleet = "test"
endpoints = ["http://127.0.0.1:2379"]
[[probe]]
name = "host.example."
type = "A"
rcode = "NOERROR"
`

// plan is what two hosts of the fleet would do.
const plan = "5d41402abc4b2a76b9719d911017c592ae2cfb1b1f2e4b6c8a9d0e1f2a3b4c5d"

// tell has the store hold what hosts tell that are not here, and do nothing more: ns2 and ns3
// are ready for a rollout, ns4 has not tried its release, and ns5 is away.
func tell(t *testing.T, rollout int) {
	t.Helper()
	for _, id := range []string{"ns2", "ns3", "ns4", "ns5"} {
		told := `"state":"idle"`
		if rollout > 0 && id < "ns4" {
			told = fmt.Sprintf(`"rollout":%d,"state":"planned","plan":%q`, rollout, plan)
		}
		put(t, "hosts/"+id, fmt.Sprintf(`{"format":1,"id":%q,"tags":{"ring":"edge"},"since":"2026-01-01T00:00:00Z",%s}`, id, told))
		if id < "ns5" {
			put(t, "alive/"+id, "")
		}
	}
}

// fleetInCockpit has kres-fleet and an etcd on the machine, and the page of the fleet used
// by root: what it shows is what the store has, and what is clicked comes to be there.
func fleetInCockpit(t *testing.T) {
	sut.Fleet(t)
	t.Cleanup(func() {
		sut.Sh(context.Background(), `systemctl stop kres-fleet.service etcd.service
			rm -rf /etc/kres-fleet /etc/systemd/system/kresd-manager.service.d/50-kres-fleet.conf /var/lib/kres-fleet /var/lib/etcd /run/fleet
			systemctl daemon-reload`)
	})
	dir := t.TempDir()
	public := signer(t, dir)
	sut.Must(t, "mkdir", "-p", "/etc/kres-fleet", "/run/fleet", "/etc/systemd/system/kresd-manager.service.d")
	for path, text := range map[string]string{
		"/etc/kres-fleet/allowed_signers": "alice " + public,
		"/etc/kres-fleet/kres-fleet.toml": fleetSettings,
		"/run/fleet/base.yaml":            "cache:\n  size-max: 110M\n",
		"/run/fleet/policy.toml":          "rings = [\"ring=canary\", \"*\"]\nmax-missing = \"1\"\n",
		product.ConfigFile:                strings.ReplaceAll(cockpitConfig, "groups: [dns-admins]", "groups: [dns-admins], users: [kres-fleet]"),
	} {
		if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sut.Must(t, "sh", "-ec", startEtcd+`
		systemctl start kres-fleet.service
		cp /usr/local/share/kres-fleet/50-kres-fleet.conf /etc/systemd/system/kresd-manager.service.d/
		systemctl daemon-reload
		timeout 60 sh -c 'until [ -e /var/lib/kres-fleet/config.yaml ]; do sleep 0.1; done'
		systemctl restart kresd-manager.service`)
	tell(t, 0)
	publish(t, dir)
	tell(t, 1)
	p := cockpit(t, "root")
	turn(p, "Fleet")
	main := p.Role("main", "")
	p.Role("heading", "Rollout 1: preflight").Shown()
	for _, part := range []string{"larger cache", "ns1 leads", "1 have not answered: ns4", "away: ns5"} {
		main.Contains(part)
	}
	for ring, want := range map[string]int{"ring=canary": 1, "*": 4} {
		if n := p.Role("list", "Hosts of ring "+ring).Role("listitem", "").Count(); n != want {
			t.Errorf("ring %s has %d hosts, want %d", ring, n, want)
		}
	}
	main.Contains("2 hosts: " + plan[:12] + " ns2, ns3")
	for _, host := range []string{"ns1: planned", "ns4: idle", "ns5: away"} {
		p.Role("listitem", host).Shown()
	}
	p.Role("rowheader", "ns1").Shown()
	p.Accessible("the fleet")
	p.Size(320, 640)
	p.Fits("the fleet, narrow")
	p.Size(1280, 900)

	p.Role("button", "Pause …").Click()
	p.Role("textbox", "Reason").Fill("lunch")
	p.Accessible("a pause is asked for")
	p.Role("dialog", "").Role("button", "Pause").Click()
	p.Role("heading", "Rollout 1: paused").Shown()
	main.Contains("lunch")
	inStore(t, "paused", "lunch")
	p.Accessible("a paused rollout")
	p.Role("button", "Resume …").Click()
	p.Role("dialog", "").Role("button", "Resume").Click()
	p.Role("heading", "Rollout 1: preflight").Shown()
	inStore(t, "preflight", "")

	// Who may only read sees the same, without controls.
	r := cockpit(t, "rita")
	turn(r, "Fleet")
	r.Role("heading", "Rollout 1: preflight").Shown()
	for _, control := range []string{"Pause …", "Revert …"} {
		if n := r.Role("button", control).Count(); n != 0 {
			t.Errorf("who may read finds %d buttons %q", n, control)
		}
	}

	// The store is away: it is said, what is known stays, and it is tried again.
	sut.Must(t, "systemctl", "stop", "etcd.service")
	away := p.Role("alert", "").Shown()
	away.Contains("etcd")
	away.Contains("tried again")
	p.Role("heading", "Rollout 1: preflight").Shown()
	p.Accessible("a store that is away")
	sut.Must(t, "sh", "-ec", startEtcd)
	p.Role("alert", "").Gone()

	p.Role("button", "Revert …").Click()
	p.Role("textbox", "Reason").Fill("not today")
	p.Role("dialog", "").Role("button", "Revert").Click()
	p.Role("heading", "Rollout 1: revert…").Shown()
	inStore(t, "revert", "not today")
}

// signer makes a key in a folder and returns its public half.
func signer(t *testing.T, dir string) string {
	t.Helper()
	key := filepath.Join(dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return string(public)
}

// publish makes a release, signs it with the key, and begins its rollout.
func publish(t *testing.T, dir string) {
	t.Helper()
	sut.Must(t, "kres-fleet", "release", "make", "-o", "/run/fleet/r1", "--sequence", "1", "/run/fleet/base.yaml")
	manifest := filepath.Join(dir, "manifest")
	if err := os.WriteFile(manifest, []byte(sut.Must(t, "cat", "/run/fleet/r1/manifest")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ssh-keygen", "-Y", "sign", "-q", "-n", "kres-fleet", "-f", filepath.Join(dir, "key"), manifest).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	signature, err := os.ReadFile(manifest + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	if err := sut.WriteFile("/run/fleet/r1/manifest.sig", signature, 0o644); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "sh", "-ec", `cd /run/fleet; kres-fleet release publish r1
		kres-fleet rollout start --policy policy.toml -m "larger cache" "$(sha256sum r1/manifest | cut -c-12)"`)
}

// put writes a key of the fleet into etcd, over its gateway for JSON.
func put(t *testing.T, key, value string) {
	t.Helper()
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	sut.Must(t, "curl", "-sSf", "-o", "/dev/null", "http://127.0.0.1:2379/v3/kv/put",
		"-d", fmt.Sprintf(`{"key":%q,"value":%q}`, b64("/kres/1/test/"+key), b64(value)))
}

// inStore holds what the store has of the rollout: how its phase begins, and a part of its
// reason.
func inStore(t *testing.T, phase, reason string) {
	t.Helper()
	var now struct {
		Rollout struct{ Phase, Reason string }
	}
	r := sut.Exec(t, "kres-fleet", "rollout", "status", "--json")
	if err := json.Unmarshal([]byte(r.Stdout), &now); err != nil || !strings.HasPrefix(now.Rollout.Phase, phase) || !strings.Contains(now.Rollout.Reason, reason) {
		t.Errorf("the store has %+v (%v), want %s: %s", now.Rollout, err, phase, reason)
	}
}
