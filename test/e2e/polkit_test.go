// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/doors"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// asManager calls a method of systemd as the manager's user, with nothing but
// what polkit gives it. An empty denial means that the call was allowed.
func asManager(t *testing.T, method string, args ...string) (denial string) {
	t.Helper()
	return product.AsManager(t, sut.Machine, method, args...)
}

// ours are the names of the rule, also at its edges.
var ours = []string{"kresd@1.service", "kresd@9999.service", "kresd@canary.service", "kres-gc.service", "kres-policy-loader.service",
	"kres-component@x-1.service", "kres-component@0.service", "kres-component@" + strings.Repeat("a", 64) + ".service"}

// TestPolkitAllowsOurUnitsAndVerbs by both ways in which systemd is asked.
func TestPolkitAllowsOurUnitsAndVerbs(t *testing.T) {
	sut.Fresh(t, basic)
	defer sut.Wipe(t)
	stop := func(unit string) {
		if d := asManager(t, "StopUnit", "ss", unit, "replace"); d != "" {
			t.Errorf("StopUnit %s: %s", unit, d)
		}
	}
	allowed := 0
	for _, unit := range ours {
		for _, method := range []string{"StartUnit", "RestartUnit", "StopUnit"} {
			if d := asManager(t, method, "ss", unit, "replace"); d != "" {
				t.Errorf("%s %s: %s", method, unit, d)
			}
			if d := asManagerOf(t, unit, strings.TrimSuffix(method, "Unit"), "s", "replace"); d != "" {
				t.Errorf("%s of the object %s: %s", method, unit, d)
			}
			allowed += 2
		}
		if d := asManager(t, "ResetFailedUnit", "s", unit); d != "" && !strings.Contains(d, "not loaded") {
			t.Errorf("ResetFailedUnit %s: %s", unit, d)
		}
		allowed++
	}
	stop("kresd.target")
	stop("kresd-manager.socket")
	t.Logf("%d calls were allowed", allowed+2)
}

// asManagerOf is asManager for the object of a unit.
func asManagerOf(t *testing.T, unit, method string, args ...string) (denial string) {
	t.Helper()
	path := strings.TrimSpace(sut.Must(t, "busctl", "--json=short", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
		"org.freedesktop.systemd1.Manager", "LoadUnit", "s", unit))
	_, path, _ = strings.Cut(path, "[\"")
	path, _, _ = strings.Cut(path, "\"")
	r := sut.Run(t.Context(), machine.Cmd{User: "kresd-manager", Unprivileged: true,
		Args: append([]string{"busctl", "--allow-interactive-authorization=no", "call", "--", "org.freedesktop.systemd1",
			path, "org.freedesktop.systemd1.Unit", method}, args...)})
	if r.Code == 0 {
		return ""
	}
	return r.Stderr
}

// nearMisses are names that a careless rule would let through. Units of some of
// them are made, so that they could be started.
var nearMisses = []string{
	"dbus.service", "knot-resolver.service", "systemd-journald.service", "kresd-manager.service", "kresd-rundir.service", "kresd-rundir-check.service", "polkit.service",
	"xkresd@1.service", "kresd@1x.service", "kresd@0.service", "kresd@01.service", "kresd@00001.service", "kresd@12345.service",
	"kresd@1.service.service", "kresd@1-1.service", "kresd@1.5.service", "KRESD@1.service", "kresd@.service", "kresd@@1.service", "kresd@1@2.service",
	"kresd@canaryx.service", "kresd@Canary.service", "kresd@canary1.service", "kresd@-1.service", `kresd@1\x2e.service`, "kresd@1:2.service", "kresd@١.service",
	"kresd@1.socket", "kresd@1.target", "kresd@1.timer", "kresd@1.path", "kresd@1.mount", "kresd@1.scope",
	"kresd.service", "kresd-1.service", "kresd1.service", "kres-gcx.service", "xkres-gc.service", "kres-gc@1.service", "kres-gc.socket", "kres-gc.timer",
	"kres-policy-loader@1.service", "kres-policy-loaderx.service", "kres-policy-loader.path", "kres-policy_loader.service",
	"kres-component@.service", "kres-componentx@a.service", "kres-component@A.service", "kres-component@-a.service", "kres-component.service",
	"kres-component@a.b.service", `kres-component@a\x2fb.service`, "kres-component@a_b.service", "kres-component@a.socket",
	"kres-component@" + strings.Repeat("a", 65) + ".service",
	"system-kresd.slice", "system-kresd.foo.slice", "system.slice", "-.slice", "init.scope", "multi-user.target", "rescue.target", "poweroff.target",
}

// TestPolkitRefusesEverythingElse tries each of those names with each verb of
// ours, and each of our names with every verb that is not.
func TestPolkitRefusesEverythingElse(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	sleep := "[Service]\nExecStart=/bin/sleep 99\n"
	made := map[string]string{
		"xkresd@.service": sleep, "kresd.service": sleep, "kres-componentx@.service": sleep, "kres-gcx.service": sleep, "xkres-gc.service": sleep,
		"kresd@1x.service": sleep, "kres-gc@.service": sleep, "kres-policy-loader@.service": sleep, "KRESD@.service": sleep, "kres-component.service": sleep,
		"victim@.service": sleep,
		"kresd@1.socket":  "[Socket]\nListenStream=/run/x\n", "kresd@1.target": "[Unit]\n", "kresd@1.timer": "[Timer]\nOnBootSec=9999\n",
		"system-kresd.foo.slice": "[Slice]\n",
	}
	tidyUp := "cd /run/systemd/system && rm -f 'kresd@77.service'"
	for name, unit := range made {
		if err := sut.WriteFile("/run/systemd/system/"+name, []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
		tidyUp += " '" + name + "'"
	}
	sut.Must(t, "ln", "-s", "/run/systemd/system/victim@.service", "/run/systemd/system/kresd@77.service")
	sut.Must(t, "systemctl", "daemon-reload")
	tidy(t, tidyUp+"; systemctl daemon-reload")

	refusals := 0
	denied := func(method string, args ...string) {
		t.Helper()
		// What is no name at all is refused as such, before anyone is asked.
		if d := asManager(t, method, args...); !product.IsDenied(d) && !strings.Contains(d, "is not valid") &&
			!strings.Contains(d, "is missing the instance name") && !strings.Contains(d, "Invalid argument") {
			t.Errorf("%s %v is not denied: %q", method, args, d)
		}
		refusals++
	}
	for _, unit := range nearMisses {
		for _, method := range []string{"StartUnit", "StopUnit", "RestartUnit"} {
			denied(method, "ss", unit, "replace")
		}
	}
	for _, unit := range []string{"kresd.target", "kresd-manager.socket"} { // which may be stopped
		denied("StartUnit", "ss", unit, "replace")
		denied("RestartUnit", "ss", unit, "replace")
	}
	for _, unit := range []string{"dbus.service", "kresd-manager.service", "kresd.target", "kresd-manager.socket", "system-kresd.slice"} {
		denied("ResetFailedUnit", "s", unit)
	}
	for _, unit := range []string{"kresd@1.service", "kres-gc.service", "kres-policy-loader.service", "kresd@2.service", "kresd.target"} {
		for _, method := range []string{"ReloadUnit", "TryRestartUnit", "ReloadOrRestartUnit", "ReloadOrTryRestartUnit"} {
			denied(method, "ss", unit, "replace")
		}
		denied("KillUnit", "ssi", unit, "all", "9")
		denied("SetUnitProperties", "sba(sv)", unit, "true", "1", "Description", "s", "x")
		denied("RefUnit", "s", unit)
	}
	for _, c := range [][]string{
		{"FreezeUnit", "s", "kresd@1.service"},
		{"ThawUnit", "s", "kresd@1.service"},
		{"QueueSignalUnit", "ssii", "kresd@1.service", "all", "40", "1"},
		{"CleanUnit", "sas", "kresd@1.service", "1", "all"},
		{"BindMountUnit", "sssbb", "kresd@1.service", "/etc", "/mnt", "false", "false"},
		{"MountImageUnit", "sssbba(ss)", "kresd@1.service", "/x", "/mnt", "false", "false", "0"},
		{"EnqueueUnitJob", "sss", "kresd@1.service", "start", "replace"},
		{"SetUnitProperties", "sba(sv)", "kresd@1.service", "false", "1", "DeviceAllow", "a(ss)", "1", "/dev/sda", "rw"},
		{"ResetFailed"}, {"ClearJobs"}, {"Reload"}, {"Reexecute"}, {"Exit"}, {"PowerOff"}, {"Reboot"}, {"Halt"}, {"KExec"},
		{"EnableUnitFiles", "asbb", "1", "kresd@1.service", "true", "true"},
		{"DisableUnitFiles", "asb", "1", "kresd@1.service", "true"},
		{"ReenableUnitFiles", "asbb", "1", "kresd@1.service", "true", "true"},
		{"PresetUnitFiles", "asbb", "1", "kresd-manager.service", "true", "true"},
		{"PresetAllUnitFiles", "sbb", "full", "true", "true"},
		{"MaskUnitFiles", "asbb", "1", "kresd@1.service", "true", "true"},
		{"UnmaskUnitFiles", "asb", "1", "kresd@1.service", "true"},
		{"RevertUnitFiles", "as", "1", "kresd@1.service"},
		{"LinkUnitFiles", "asbb", "1", "/tmp/x.service", "true", "true"},
		{"AddDependencyUnitFiles", "asssbb", "1", "kresd@1.service", "multi-user.target", "Wants", "true", "true"},
		{"SetDefaultTarget", "sb", "rescue.target", "true"},
		{"SetEnvironment", "as", "1", "A=B"},
		{"UnsetEnvironment", "as", "1", "A"},
		{"SetExitCode", "y", "1"},
	} {
		denied(c[0], c[1:]...)
	}
	// A link under one of our names leads to what it leads to. What systemd calls
	// the unit that it loads by it decides, and nothing else was started.
	_ = asManager(t, "StartUnit", "ss", "kresd@77.service", "replace")
	if r := sut.Exec(t, "systemctl", "is-active", "victim@77.service"); r.Code == 0 {
		t.Error("the manager's user started a unit of someone else by a link")
	}
	// Other services that ask polkit.
	r := sut.Run(t.Context(), machine.Cmd{User: "kresd-manager", Unprivileged: true, Args: []string{"busctl", "--allow-interactive-authorization=no", "call",
		"org.freedesktop.hostname1", "/org/freedesktop/hostname1", "org.freedesktop.hostname1", "SetHostname", "sb", "x", "false"}})
	if r.Code == 0 || !product.IsDenied(r.Stderr) {
		t.Errorf("SetHostname is not denied: %s", r.Stderr)
	}
	t.Logf("%d calls were refused", refusals+1)
	if after := sut.PIDs(t); len(after) != len(before) || after["kresd@1.service"] != before["kresd@1.service"] {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}

// TestNoTransientUnitIsRoot is about the hole that a rule on names and verbs
// alone leaves: a transient unit of an allowed name runs anything as root.
func TestNoTransientUnitIsRoot(t *testing.T) {
	sut.Wipe(t)
	try := func(unit string, more ...string) string {
		return asManager(t, "StartTransientUnit", append([]string{"ssa(sv)a(sa(sv))", unit, "replace",
			"1", "ExecStart", "a(sasb)", "1", "/bin/touch", "2", "/bin/touch", "/root/owned", "false"}, more...)...)
	}
	aux := []string{"1", "aux.service", "1", "ExecStart", "a(sasb)", "1", "/bin/touch", "2", "/bin/touch", "/root/owned", "false"}
	names := append([]string{"kresd.target", "kresd-manager.socket", "kresd@1.scope", "kresd@1.slice", "free-name.service"}, ours...)
	for _, unit := range names {
		if d := try(unit, "0"); d == "" {
			t.Errorf("a transient %s was started", unit)
		}
		if d := try(unit, aux...); d == "" {
			t.Errorf("a transient %s was started, with an auxiliary unit", unit)
		}
	}
	varlink := func(unit string) string {
		return doors.System{Machine: sut.Machine}.Varlink(t, doors.Manager, doors.PID1, "io.systemd.Unit.StartTransient",
			`{"context": {"ID": "`+unit+`", "Service": {"ExecStart": [{"path": "/bin/touch", "arguments": ["/bin/touch", "/root/owned"]}]}}}`)
	}
	for _, unit := range names {
		if got := varlink(unit); got != doors.Refused && !strings.Contains(got, "UnitTypeNotSupported") {
			t.Errorf("a transient %s over Varlink is not refused: %s", unit, got)
		}
	}
	// The same without the package's unit files, as after a careless removal
	// that leaves the rule, and with auxiliary units.
	sut.Must(t, "mv", "/usr/local/lib/systemd/system", "/usr/local/lib/systemd/away")
	sut.Must(t, "systemctl", "daemon-reload")
	defer func() {
		sut.Must(t, "mv", "/usr/local/lib/systemd/away", "/usr/local/lib/systemd/system")
		sut.Must(t, "systemctl", "daemon-reload")
	}()
	for _, unit := range names {
		if d := try(unit, "0"); !product.IsDenied(d) {
			t.Errorf("a transient %s without a unit file is not denied: %q", unit, d)
		}
		if d := try(unit, aux...); !product.IsDenied(d) {
			t.Errorf("a transient %s without a unit file, with an auxiliary one, is not denied: %q", unit, d)
		}
		if got := varlink(unit); got != doors.Refused && !strings.Contains(got, "UnitTypeNotSupported") {
			t.Errorf("a transient %s without a unit file, over Varlink, is not refused: %s", unit, got)
		}
	}
	if r := sut.Exec(t, "test", "-e", "/root/owned"); r.Code == 0 {
		t.Error("the manager's user ran a command as root")
	}
}

func TestOtherUsersMayDoNothing(t *testing.T) {
	sut.Fresh(t, basic)
	s := doors.System{Machine: sut.Machine}
	for _, user := range []string{"nobody", doors.Worker} {
		for _, method := range []string{"StartUnit", "StopUnit", "RestartUnit"} {
			if got := s.Call(t, user, doors.Systemd, method, "ss", "kresd@1.service", "replace"); got != doors.Refused {
				t.Errorf("%s by %s is not refused: %s", method, user, got)
			}
		}
	}
}
