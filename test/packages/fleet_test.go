// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// fleetSettings have a folder as store: nothing else has to run.
const fleetSettings = `host = "ns1"
[store]
kind = "dir"
path = "/run/fleet-store"
`

// fleetTidy removes kres-fleet, however it was installed.
const fleetTidy = `
	if rpm -q kres-fleet >/dev/null 2>&1; then rpm -e kres-fleet; fi
	if dpkg -s kres-fleet >/dev/null 2>&1; then apt-get purge -y -qq kres-fleet; fi
	rm -rf /etc/kres-fleet /run/fleet-store /var/lib/kres-fleet /etc/systemd/system/kresd-manager.service.d
	systemctl daemon-reload
	systemctl reset-failed`

// fleetClean leaves nothing of kres-fleet, now and when the test ends.
func fleetClean(t *testing.T) {
	t.Helper()
	tidy := func() {
		if r := sut.Sh(context.Background(), fleetTidy); r.Code != 0 {
			t.Errorf("cannot tidy up: %s%s", r.Stdout, r.Stderr)
		}
	}
	tidy()
	t.Cleanup(tidy)
}

// fleetServes starts the agent with settings, and looks at what it has made.
func fleetServes(t *testing.T) {
	t.Helper()
	must(t, "mkdir", "-p", "/etc/kres-fleet", "/run/fleet-store")
	if err := sut.WriteFile("/etc/kres-fleet/kres-fleet.toml", []byte(fleetSettings), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, "systemctl", "start", "kres-fleet.service")
	is(t, "is-active", "kres-fleet.service", "active")
	for path, want := range map[string]string{
		"/var/lib/kres-fleet":             "750 kres-fleet:knot-resolver",
		"/var/lib/kres-fleet/config.yaml": "640 kres-fleet:knot-resolver",
	} {
		if got := strings.TrimSpace(must(t, "stat", "-c", "%a %U:%G", path)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// fleetInstalled looks at what both packages put there. Nothing runs without settings.
func fleetInstalled(t *testing.T) {
	t.Helper()
	if out := must(t, "getent", "passwd", "kres-fleet"); !strings.Contains(out, "/nologin") {
		t.Errorf("the user is %s", out)
	}
	is(t, "is-active", "kres-fleet.service", "inactive")
	must(t, "systemctl", "start", "kres-fleet.service")
	is(t, "is-active", "kres-fleet.service", "inactive") // it has no settings
	if out := must(t, "kres-fleet", "--version"); out != "kres-fleet "+first+"\n" {
		t.Errorf("kres-fleet is %s", out)
	}
	if r := run(t, "systemd-analyze", "verify", "--man=no", "kres-fleet.service"); r.Code != 0 || strings.Contains(r.Stderr, "kres-fleet") {
		t.Errorf("systemd-analyze verify: exit %d\n%s", r.Code, r.Stderr)
	}
	if r := run(t, "man", "--warnings", "-l", "/usr/share/man/man8/kres-fleet.8.gz"); r.Code != 0 || r.Stderr != "" {
		t.Errorf("man kres-fleet: %s", r.Stderr)
	}
	there(t, true, "/usr/share/kres-fleet/kres-fleet.toml", "/usr/share/kres-fleet/50-kres-fleet.conf", "/usr/share/doc/kres-fleet/fleet.md",
		"/usr/share/bash-completion/completions/kres-fleet", "/usr/share/fish/vendor_completions.d/kres-fleet.fish", "/usr/share/zsh/site-functions/_kres-fleet")
}

// fleetGone looks for what is left.
func fleetGone(t *testing.T) {
	t.Helper()
	is(t, "is-active", "kres-fleet.service", "inactive")
	if out := run(t, "pgrep", "-au", "kres-fleet").Stdout; out != "" {
		t.Errorf("processes are left: %s", out)
	}
	if out := must(t, "find", "/usr", "/etc/systemd", "/var/lib/systemd/deb-systemd-helper-enabled", "-name", "*kres-fleet*"); out != "" {
		t.Errorf("left: %s", out)
	}
}

// TestFleetPackage installs and purges the package of kres-fleet with apt. It needs no
// kresd-manager, for people who only roll.
func TestFleetPackage(t *testing.T) {
	clean(t)
	fleetClean(t)
	apt(t, "install", deb(t, fleet))
	is(t, "is-enabled", "kres-fleet.service", "enabled")
	fleetInstalled(t)
	if out := must(t, "dpkg", "--verify", "kres-fleet"); out != "" {
		t.Errorf("dpkg --verify: %s", out)
	}
	fleetServes(t)
	before := pid(t, "kres-fleet.service")
	apt(t, "install", "--reinstall", deb(t, fleet))
	is(t, "is-active", "kres-fleet.service", "active")
	if after := pid(t, "kres-fleet.service"); after == before {
		t.Errorf("the agent is process %s, as before the upgrade", after)
	}
	apt(t, "remove", "kres-fleet")
	fleetGone(t)
	there(t, true, "/var/lib/kres-fleet/config.yaml", "/etc/kres-fleet/kres-fleet.toml")

	// The manager may read the file still: then it stays, and that is said.
	apt(t, "install", deb(t, fleet))
	const dropIn = "/etc/systemd/system/kresd-manager.service.d/50-kres-fleet.conf"
	must(t, "install", "-D", "-m", "644", "/usr/share/kres-fleet/50-kres-fleet.conf", dropIn)
	if said := apt(t, "purge", "kres-fleet"); !strings.Contains(said, "kresd-manager reads config.yaml there") {
		t.Errorf("apt says: %s", said)
	}
	there(t, true, "/var/lib/kres-fleet/config.yaml")
	must(t, "rm", dropIn)
	apt(t, "install", deb(t, fleet))
	apt(t, "purge", "kres-fleet")
	fleetGone(t)
	there(t, false, "/var/lib/kres-fleet")
}

// TestFleetRPM does so with rpm.
func TestFleetRPM(t *testing.T) {
	clean(t)
	fleetClean(t)
	file := "/packages/" + fleet + "/" + filepath.Base(onHost(t, fleet, "*.rpm"))
	if out := must(t, "rpm", "-qp", "--requires", file); !strings.Contains(out, "systemd >= 252\n") {
		t.Errorf("it requires %s", out)
	}
	must(t, "rpm", "--initdb")
	rpm := func(args ...string) {
		t.Helper()
		if r := run(t, append([]string{"rpm", "--nodeps"}, args...)...); r.Code != 0 || strings.Contains(r.Stderr, "error") {
			t.Fatalf("rpm %v: exit %d %s%s", args, r.Code, r.Stdout, r.Stderr)
		}
	}
	rpm("-i", file)
	is(t, "is-enabled", "kres-fleet.service", "disabled") // as is the custom there
	fleetInstalled(t)
	if out := run(t, "rpm", "-V", "--nodeps", "kres-fleet"); strings.TrimSpace(out.Stdout) != "" {
		t.Errorf("rpm -V: %s", out.Stdout)
	}
	fleetServes(t)
	before := pid(t, "kres-fleet.service")
	rpm("-U", "--force", file)
	is(t, "is-active", "kres-fleet.service", "active")
	if after := pid(t, "kres-fleet.service"); after == before {
		t.Errorf("the agent is process %s, as before the upgrade", after)
	}
	rpm("-e", "kres-fleet")
	fleetGone(t)
}
