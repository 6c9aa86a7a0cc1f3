// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kresd-manager/test/product"
)

const fleetToken = "admin-0123456789-0123456789-0123456789"

// TestFleet rolls releases over one host with the agent in its unit as it is installed, and
// the manager in its own: a good release stays over a start of the manager, one that the
// canary cannot run touches no worker, and an agent that is killed in a trial leaves old or
// new.
func TestFleet(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Fleet(t)
	tidy(t, `systemctl stop kres-fleet.service kres-fleet-store.service
		rm -rf /etc/kres-fleet /etc/systemd/system/kresd-manager.service.d/50-kres-fleet.conf /var/lib/kres-fleet /run/fleet
		systemctl daemon-reload; systemctl reset-failed`)
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "mkdir", "-p", "/etc/kres-fleet", "/run/fleet", "/etc/systemd/system/kresd-manager.service.d")
	for path, text := range map[string]string{
		"/etc/kres-fleet/allowed_signers": "alice " + string(public),
		"/etc/kres-fleet/token":           fleetToken + "\n",
		"/run/fleet/tokens":               "admin " + fleetToken + "\n",
		"/etc/kres-fleet/kres-fleet.toml": `host = "ns1"
lead = true
[store]
kind = "https"
url = "http://127.0.0.1:8443"
token-file = "/etc/kres-fleet/token"
[[probe]]
name = "host.example."
type = "A"
rcode = "NOERROR"
`,
		"/run/fleet/policy.toml": "host-soak = \"3s\"\nsoak = \"0s\"\nmin-queries = 0\njitter = \"0s\"\n",
	} {
		if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sut.Must(t, "systemd-run", "-q", "--unit=kres-fleet-store", "--property=Type=notify", "/usr/local/bin/kres-fleet",
		"serve", "--listen", "127.0.0.1:8443", "--tokens", "/run/fleet/tokens", "--state", "/run/fleet/store")
	sut.Must(t, "systemctl", "start", "kres-fleet.service")
	sut.Must(t, "cp", "/usr/local/share/kres-fleet/50-kres-fleet.conf", "/etc/systemd/system/kresd-manager.service.d/")
	sut.Must(t, "systemctl", "daemon-reload")
	product.Eventually(t, "the agent has made its file", func() bool { return sut.Exec(t, "test", "-e", "/var/lib/kres-fleet/config.yaml").Code == 0 })
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	if r := sut.Exec(t, "setpriv", "--reuid=kres-fleet", "--regid=knot-resolver", "--clear-groups", "kres-fleet", "doctor"); r.Code != 0 {
		t.Errorf("kres-fleet doctor: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}

	out := sut.Must(t, "systemd-analyze", "security", "--no-pager", "kres-fleet.service")
	_, after, _ := strings.Cut(out, "Overall exposure level for kres-fleet.service: ")
	word, _, _ := strings.Cut(after, " ")
	if got, err := strconv.ParseFloat(word, 64); err != nil || got > 1.0 {
		t.Errorf("the unit has an exposure of %s (%v)\n%s", word, err, out)
	}

	// A good one.
	roll(t, dir, key, "1", "cache:\n  size-max: 110M\n")
	phase(t, "done")
	configured(t, `"110M"`)
	before := sut.PIDs(t)
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	configured(t, `"110M"`)
	sut.Expect(t, "host.example.", "192.0.2.1")
	for unit, pid := range sut.PIDs(t) {
		if before[unit] != pid {
			t.Errorf("%s was restarted when the manager was", unit)
		}
	}

	// One that the canary cannot run.
	roll(t, dir, key, "2", "cache:\n  size-max: 120M\nlua:\n  script: \"error('not today')\"\n")
	phase(t, "reverted")
	status := sut.Exec(t, "kres-fleet", "rollout", "status")
	if status.Code != 3 || !strings.Contains(status.Stdout, "failed in the canary ring: ns1 (") {
		t.Errorf("exit %d: %s", status.Code, status.Stdout)
	}
	configured(t, `"110M"`)
	for unit, pid := range sut.PIDs(t) {
		if before[unit] != pid {
			t.Errorf("%s was restarted for a release that the canary refused", unit)
		}
	}

	// One in whose trial the agent is killed.
	roll(t, dir, key, "3", "cache:\n  size-max: 130M\n")
	product.Eventually(t, "the trial has begun", func() bool { return state(t) == "soaking" })
	sut.Must(t, "systemctl", "kill", "--signal=KILL", "kres-fleet.service")
	phase(t, "done")
	configured(t, `"130M"`)
	if text := sut.Must(t, "cat", "/var/lib/kres-fleet/config.yaml"); !strings.Contains(text, "130M") {
		t.Errorf("the file has %s", text)
	}
	sut.Must(t, "kres-fleet", "rollout", "revert")
	phase(t, "reverted")
	configured(t, `"110M"`)

	// Whoever has taken the agent over has its file in hand. The manager refuses what it
	// cannot read, at once, and serves on; no one reads it as root.
	sut.Must(t, "systemctl", "stop", "kres-fleet.service")
	shadow := sut.Must(t, "sha256sum", "/etc/shadow")
	for want, spoil := range map[string]string{
		"permission denied":  "ln -s /etc/shadow F",
		"not a regular file": "mkfifo F",
		"larger than 64 MiB": "truncate -s 1G F",
		"a NUL byte is not":  "head -c 1000 /dev/zero >F",
	} {
		sut.Must(t, "sh", "-c", "cd /var/lib/kres-fleet; rm -f config.yaml; "+strings.ReplaceAll(spoil, "F", "config.yaml")+"; chown -h kres-fleet:knot-resolver config.yaml")
		r := sut.Exec(t, "timeout", "20", "kresctl", "reload")
		if r.Code != 1 || !strings.Contains(r.Stderr, want) || strings.Contains(r.Stderr, "root:*") {
			t.Errorf("%s: exit %d: %s", spoil, r.Code, r.Stderr)
		}
		r = sut.Exec(t, "timeout", "20", "kresctl", "-c", product.ConfigFile, "-c", "/var/lib/kres-fleet/config.yaml", "config", "save", "--force")
		if r.Code == 0 || r.Code == 124 {
			t.Errorf("%s: config save by root: exit %d: %s%s", spoil, r.Code, r.Stdout, r.Stderr)
		}
		sut.Expect(t, "host.example.", "192.0.2.1")
	}
	if sut.Must(t, "sha256sum", "/etc/shadow") != shadow {
		t.Error("root has written into /etc/shadow")
	}
	if got := sut.Must(t, "journalctl", "-q", "-o", "cat", "KRES_FLEET_STATE=failed"); !strings.Contains(got, "host is failed") {
		t.Errorf("the journal has %q for KRES_FLEET_STATE=failed", got)
	}
}

// roll makes, signs and publishes a release, and begins its rollout.
func roll(t *testing.T, dir, key, sequence, text string) {
	t.Helper()
	folder := "/run/fleet/r" + sequence
	if err := sut.WriteFile(folder+".yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var made struct{ Release string }
	if err := json.Unmarshal([]byte(sut.Must(t, "kres-fleet", "--json", "release", "make", "-o", folder, "--sequence", sequence, folder+".yaml")), &made); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(dir, "manifest"+sequence)
	if err := os.WriteFile(manifest, []byte(sut.Must(t, "cat", folder+"/manifest")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ssh-keygen", "-Y", "sign", "-q", "-n", "kres-fleet", "-f", key, manifest).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sig, err := os.ReadFile(manifest + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	if err := sut.WriteFile(folder+"/manifest.sig", sig, 0o644); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "kres-fleet", "release", "publish", folder)
	sut.Must(t, "kres-fleet", "rollout", "start", made.Release[:12], "--policy", "/run/fleet/policy.toml")
}

// phase waits until the rollout is in a phase.
func phase(t *testing.T, want string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Log(sut.Exec(t, "kres-fleet", "rollout", "status").Stdout)
		}
	}()
	product.Eventually(t, "the rollout is "+want, func() bool {
		var s struct{ Rollout struct{ Phase string } }
		return json.Unmarshal([]byte(sut.Exec(t, "kres-fleet", "--json", "rollout", "status").Stdout), &s) == nil && s.Rollout.Phase == want
	})
}

// state is that of the only host.
func state(t *testing.T) string {
	t.Helper()
	var hosts []struct{ State string }
	if json.Unmarshal([]byte(sut.Must(t, "kres-fleet", "--json", "hosts")), &hosts) != nil || len(hosts) != 1 {
		return ""
	}
	return hosts[0].State
}

// configured holds the size of the cache that runs, and the file to it.
func configured(t *testing.T, want string) {
	t.Helper()
	if got := strings.TrimSpace(sut.Must(t, "kresctl", "config", "get", "--json", "-p", "/cache/size-max")); got != want {
		t.Errorf("cache/size-max is %s, not %s", got, want)
	}
	var s struct {
		Differs bool `json:"file-differs"`
	}
	if err := json.Unmarshal([]byte(sut.Exec(t, "kresctl", "--json", "status").Stdout), &s); err != nil || s.Differs {
		t.Errorf("what runs is not what the files have (%v)", err)
	}
}
