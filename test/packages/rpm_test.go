// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTheSameSourceGivesTheSameRPM(t *testing.T) { same(t, "*.rpm") }

// TestRPM installs and removes the package with rpm. This is a Debian, whose
// packages rpm knows nothing of: dependencies are looked at and not resolved, and
// the kresctl of the stock package makes room beforehand, as it does where it is
// in a package of its own.
func TestRPM(t *testing.T) {
	clean(t)
	must(t, "systemctl", "mask", "-q", "knot-resolver.service")
	file := "/packages/" + first + "/" + filepath.Base(onHost(t, first, "*.rpm"))
	requires := must(t, "rpm", "-qp", "--requires", file)
	for _, want := range []string{"knot-resolver-core >= 6.5", "systemd >= 252", "dbus", "polkit", "util-linux"} {
		if !strings.Contains(requires, want+"\n") {
			t.Errorf("it does not require %s:\n%s", want, requires)
		}
	}
	if out := must(t, "rpm", "-qp", "--conflicts", file); !strings.Contains(out, "knot-resolver-manager") {
		t.Errorf("it conflicts with %s", out)
	}
	aside := "for f in /usr/bin/kresctl /usr/share/bash-completion/completions/kresctl; do mv %s; done"
	must(t, "sh", "-c", strings.ReplaceAll(aside, "%s", "$f $f.stock"))
	t.Cleanup(func() { sut.Sh(t.Context(), strings.ReplaceAll(aside, "%s", "$f.stock $f")) })
	must(t, "rpm", "--initdb")
	rpm := func(args ...string) string {
		r := run(t, append([]string{"rpm", "--nodeps"}, args...)...)
		if r.Code != 0 || strings.Contains(r.Stderr, "error") {
			t.Fatalf("rpm %v: exit %d %s%s", args, r.Code, r.Stdout, r.Stderr)
		}
		return r.Stdout + r.Stderr
	}
	t.Log(rpm("-i", file))
	is(t, "is-enabled", "kresd-manager.service", "enabled")
	is(t, "is-enabled", "kresd-manager.socket", "enabled")
	is(t, "is-active", "kresd-manager.service", "inactive") // as is the custom there
	if out := run(t, "rpm", "-V", "kresd-manager", "--nodeps"); strings.TrimSpace(out.Stdout) != "" {
		t.Errorf("rpm -V: %s", out.Stdout)
	}
	must(t, "systemctl", "start", "kresd-manager.service")
	serves(t)
	before, manager := workers(t), pid(t, "kresd-manager.service")
	underLoad(t, func() { t.Log(rpm("-U", "--force", file)) })
	if after := workers(t); after != before {
		t.Errorf("workers were the processes %v and are %v", before, after)
	}
	if after := pid(t, "kresd-manager.service"); after == manager || after == "0" {
		t.Errorf("the manager was process %s and is %s", manager, after)
	}
	is(t, "is-active", "kresd-manager.service", "active")
	rpm("-e", "kresd-manager")
	if err := query(); err == nil {
		t.Error("DNS goes on after the package was removed")
	}
	there(t, false, "/run/kresd-manager", "/run/knot-resolver", "/usr/share/polkit-1/rules.d/50-kresd-manager.rules",
		"/usr/bin/kresctl", "/usr/lib/kresd-manager", "/etc/systemd/system/multi-user.target.wants/kresd-manager.service")
	there(t, true, "/var/lib/kresd-manager/history")
}
