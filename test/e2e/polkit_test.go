// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/machine"
)

// asManager calls a method of systemd as the manager's user, with nothing but
// what polkit gives it. An empty denial means that the call was allowed.
func asManager(t *testing.T, method string, args ...string) (denial string) {
	t.Helper()
	r := sut.Run(t.Context(), machine.Cmd{
		User:         "kresd-manager",
		Unprivileged: true,
		Args: append([]string{"busctl", "--allow-interactive-authorization=no", "call", "--", "org.freedesktop.systemd1",
			"/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", method}, args...),
	})
	if r.Code == 0 {
		return ""
	}
	return r.Stderr
}

// isDenied tells a refusal for lack of authorisation from other errors.
func isDenied(denial string) bool {
	for _, s := range []string{"Access denied", "Permission denied", "Interactive authentication required", "Rejected send message"} {
		if strings.Contains(denial, s) {
			return true
		}
	}
	return false
}

func TestPolkitAllowsOurUnitsAndVerbs(t *testing.T) {
	fresh(t, basic)
	defer wipe(t)
	for _, unit := range []string{"kresd@3.service", "kres-gc.service", "kres-policy-loader.service", "kres-component@x-1.service"} {
		for _, method := range []string{"StartUnit", "RestartUnit", "StopUnit"} {
			if d := asManager(t, method, "ss", unit, "replace"); d != "" {
				t.Errorf("%s %s: %s", method, unit, d)
			}
		}
		if d := asManager(t, "ResetFailedUnit", "s", unit); d != "" && !strings.Contains(d, "not loaded") {
			t.Errorf("ResetFailedUnit %s: %s", unit, d)
		}
	}
	if d := asManager(t, "StopUnit", "ss", "kresd.target", "replace"); d != "" {
		t.Errorf("StopUnit kresd.target: %s", d)
	}
}

func TestPolkitRefusesEverythingElse(t *testing.T) {
	fresh(t, basic)
	before := pids(t)
	// A template of anybody else, which the near misses below could start.
	for name, unit := range map[string]string{
		"xkresd@.service":          "[Service]\nExecStart=/bin/sleep 99\n",
		"kresd.service":            "[Service]\nExecStart=/bin/sleep 99\n",
		"kres-componentx@.service": "[Service]\nExecStart=/bin/sleep 99\n",
		"kres-gcx.service":         "[Service]\nExecStart=/bin/sleep 99\n",
		"kresd@1.socket":           "[Socket]\nListenStream=/run/x\n",
		"xkres-gc.service":         "[Service]\nExecStart=/bin/sleep 99\n",
		"kresd@1x.service":         "[Service]\nExecStart=/bin/sleep 99\n",
		"system-kresd.foo.slice":   "[Slice]\n",
	} {
		if err := sut.WriteFile("/run/systemd/system/"+name, []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "systemctl", "daemon-reload")
	defer func() {
		sut.Sh(t.Context(), "cd /run/systemd/system && rm -f kres-componentx@.service xkresd@.service kresd.service kres-gcx.service kresd@1.socket xkres-gc.service kresd@1x.service system-kresd.foo.slice; systemctl daemon-reload")
	}()
	jobs := []string{"StartUnit", "StopUnit", "RestartUnit"}
	for _, unit := range []string{
		"dbus.service", "knot-resolver.service", "systemd-journald.service", "kresd-manager.service",
		"xkresd@1.service", "kresd@1x.service", "kresd@0.service", "kresd@01.service", "kresd@00001.service",
		"kresd@12345.service", "kresd@canaryx.service", "kresd@-1.service", `kresd@1\x2e.service`,
		"kres-componentx@a.service", "kres-component@A.service", "kres-component@-a.service",
		"kres-component@a.b.service", `kres-component@a\x2fb.service`, "kres-component@a_b.service", "kres-component@a.socket",
		"kresd.service", "kres-gcx.service", "xkres-gc.service", "kresd@1.socket", "system-kresd.slice",
		"system-kresd.foo.slice", "-.slice", "init.scope", "multi-user.target", "rescue.target",
	} {
		for _, m := range jobs {
			if d := asManager(t, m, "ss", unit, "replace"); !isDenied(d) {
				t.Errorf("%s %s is not denied: %q", m, unit, d)
			}
		}
	}
	// Our names with verbs that are not ours.
	for _, c := range [][]string{
		{"KillUnit", "ssi", "kresd@1.service", "all", "9"},
		{"ReloadUnit", "ss", "kresd@1.service", "replace"},
		{"TryRestartUnit", "ss", "kresd@1.service", "replace"},
		{"ReloadOrRestartUnit", "ss", "kresd@1.service", "replace"},
		{"FreezeUnit", "s", "kresd@1.service"},
		{"ThawUnit", "s", "kresd@1.service"},
		{"RefUnit", "s", "kresd@1.service"},
		{"SetUnitProperties", "sba(sv)", "kresd@1.service", "true", "1", "CPUWeight", "t", "50"},
		{"StartUnit", "ss", "kresd.target", "replace"},
		{"StartUnit", "ss", "kresd-manager.socket", "replace"},
		{"RestartUnit", "ss", "kresd-manager.socket", "replace"},
		{"ResetFailed", ""},
		{"ClearJobs", ""},
		{"Reload", ""},
		{"Reexecute", ""},
		{"PowerOff", ""},
		{"EnableUnitFiles", "asbb", "1", "kresd@1.service", "true", "true"},
		{"MaskUnitFiles", "asbb", "1", "kresd@1.service", "true", "true"},
		{"LinkUnitFiles", "asbb", "1", "/tmp/x.service", "true", "true"},
		{"SetEnvironment", "as", "1", "A=B"},
	} {
		args := c[1:]
		if args[0] == "" {
			args = nil
		}
		if d := asManager(t, c[0], args...); !isDenied(d) {
			t.Errorf("%v is not denied: %q", c, d)
		}
	}
	if after := pids(t); len(after) != len(before) || after["kresd@1.service"] != before["kresd@1.service"] {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}

// TestNoTransientUnitIsRoot is about the hole that a rule on names and verbs
// alone leaves: a transient unit of an allowed name runs anything as root.
func TestNoTransientUnitIsRoot(t *testing.T) {
	wipe(t)
	try := func(unit string, more ...string) string {
		return asManager(t, "StartTransientUnit", append([]string{"ssa(sv)a(sa(sv))", unit, "replace",
			"1", "ExecStart", "a(sasb)", "1", "/bin/touch", "2", "/bin/touch", "/root/owned", "false"}, more...)...)
	}
	ours := []string{"kresd@7.service", "kres-gc.service", "kres-policy-loader.service", "kresd@canary.service"}
	for _, unit := range ours {
		if d := try(unit, "0"); d == "" {
			t.Errorf("a transient %s was started", unit)
		}
	}
	// The same without the package's unit files, as after a careless removal
	// that leaves the rule, and with auxiliary units.
	must(t, "mv", "/usr/local/lib/systemd/system", "/usr/local/lib/systemd/away")
	must(t, "systemctl", "daemon-reload")
	defer func() {
		must(t, "mv", "/usr/local/lib/systemd/away", "/usr/local/lib/systemd/system")
		must(t, "systemctl", "daemon-reload")
	}()
	for _, unit := range append(ours, "kresd.target", "kresd-manager.socket", "free-name.service") {
		if d := try(unit, "0"); !isDenied(d) {
			t.Errorf("a transient %s without a unit file is not denied: %q", unit, d)
		}
	}
	if d := try("kresd@7.service", "1", "aux.service", "1", "ExecStart", "a(sasb)", "1", "/bin/touch", "2", "/bin/touch", "/root/owned", "false"); !isDenied(d) {
		t.Errorf("a transient unit with an auxiliary one is not denied: %q", d)
	}
	if r := run(t, "test", "-e", "/root/owned"); r.Code == 0 {
		t.Error("the manager's user ran a command as root")
	}
}

func TestOtherUsersMayDoNothing(t *testing.T) {
	fresh(t, basic)
	for _, user := range []string{"nobody", "knot-resolver"} {
		r := sut.Run(t.Context(), machine.Cmd{User: user, Unprivileged: true,
			Args: []string{"systemctl", "--no-ask-password", "restart", "kresd@1.service"}})
		if r.Code == 0 {
			t.Errorf("%s restarted a worker", user)
		}
	}
}
