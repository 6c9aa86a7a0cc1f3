// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patiently has the bus answer however busy the host is.
func patiently(t *testing.T) {
	t.Helper()
	usual := busPatience
	busPatience = time.Minute
	t.Cleanup(func() { busPatience = usual })
}

// testProperties compares what the bus says of units with what systemctl prints.
func testProperties(t *testing.T, m *Machine) {
	patiently(t)
	// What changes from one look to the next.
	moving := func(name string) bool {
		return slices.ContainsFunc([]string{"CPUUsage", "Memory", "Tasks", "IO", "IP"}, func(part string) bool { return strings.Contains(name, part) })
	}
	for unit, want := range map[string][]string{
		"systemd-journald.service": {"Id", "LoadState", "ActiveState", "SubState", "FreezerState", "FragmentPath", "InvocationID", "MainPID", "NRestarts",
			"ExecMainStatus", "StatusText", "ControlGroup", "Restart", "Result", "User", "Slice", "Type", "ProtectSystem", "PrivateTmp", "PrivateNetwork"},
		"systemd-journald.socket": {"ActiveState", "Result", "MainPID"}, // a socket has no main process, and systemctl prints nothing
		"multi-user.target":       {"ActiveState", "Wants"},
		"system.slice":            {"ActiveState", "ControlGroup"},
		"none-like-it.service":    {"LoadState", "ActiveState", "MainPID", "InvocationID"},
	} {
		printed := map[string]string{}
		for line := range strings.Lines(m.Run(t.Context(), Cmd{Args: []string{"systemctl", "show", "--all", unit}}).Stdout) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			printed[key] = value
		}
		got, err := m.bus.ask(t.Context(), m, []string{unit}, want)
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %v %v", unit, got, err)
			continue
		}
		for _, name := range want {
			if printed[name] != got[0][name] {
				t.Errorf("%s of %s is %q, and systemctl prints %q", name, unit, got[0][name], printed[name])
			}
		}
		if unit != "systemd-journald.service" {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(printed)) { // none may be printed in another way
			got, err := m.bus.ask(t.Context(), m, []string{unit}, []string{name})
			if err == nil && !moving(name) && got[0][name] != printed[name] {
				t.Errorf("%s of %s is %q, and systemctl prints %q", name, unit, got[0][name], printed[name])
			}
		}
	}
	if got := m.Unit(t.Context(), "systemd-journald", "TimeoutStartUSec", "Id"); got["TimeoutStartUSec"] == "" || got["Id"] != "systemd-journald.service" {
		t.Errorf("with a span of time, which systemctl prints in words: %v", got)
	}
	var sockets []string
	for _, unit := range m.Units(t.Context(), []string{"systemd-journald*.socket"}, "MainPID") {
		sockets = append(sockets, unit["Id"])
	}
	if !slices.Contains(sockets, "systemd-journald.socket") || len(sockets) < 2 {
		t.Errorf("a pattern matches %v", sockets)
	}
	if got := m.Unit(t.Context(), "systemd-journald.service"); len(got) < 100 || got["MainPID"] == "" {
		t.Errorf("all properties are %v", got)
	}
}

// testASilentBus: systemctl says what the bus does not, and the bus is asked again later.
func testASilentBus(t *testing.T, m *Machine) {
	patiently(t)
	started := m.Unit(t.Context(), "dbus.service", "MainPID")["MainPID"]
	if pid, _ := strconv.Atoi(started); pid == 0 || m.bus.conn == nil {
		t.Fatalf("before: %s", started)
	}
	if r := m.Sh(t.Context(), "kill -STOP "+started); r.Code != 0 {
		t.Fatalf("%+v", r)
	}
	busPatience = 100 * time.Millisecond
	if got := m.Unit(t.Context(), "dbus.service", "MainPID")["MainPID"]; got != started || m.bus.conn != nil {
		t.Errorf("while the bus is silent: %s", got)
	}
	if _, err := m.Jobs(t.Context()); err != nil {
		t.Error(err)
	}
	if r := m.Sh(t.Context(), "kill -CONT "+started+"; systemctl restart dbus.service"); r.Code != 0 {
		t.Fatalf("%+v", r)
	}
	busPatience, m.bus.gone = time.Minute, time.Time{}
	if now := m.Unit(t.Context(), "dbus.service", "MainPID")["MainPID"]; now == started || m.bus.conn == nil {
		t.Errorf("once the bus is another: %s", now)
	}
}

// testJobs: a job is told in the same way by the bus and by systemctl.
func testJobs(t *testing.T, m *Machine) {
	if err := m.WriteFile("/run/systemd/system/long.service", []byte("[Service]\nType=oneshot\nExecStart=/bin/sleep infinity\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := m.Sh(t.Context(), "systemctl daemon-reload; systemctl start --no-block long.service; until systemctl list-jobs --no-legend | grep -q running; do sleep 0.05; done"); r.Code != 0 {
		t.Fatalf("%+v", r)
	}
	patiently(t)
	var told [2][]Job
	for i, gone := range []time.Time{{}, time.Now()} {
		m.bus.close()
		m.bus.gone = gone
		all, err := m.Jobs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range all {
			told[i] = append(told[i], Job{j.ID, j.Unit, j.Type, j.State})
		}
	}
	if !slices.Equal(told[0], told[1]) || len(told[0]) != 1 || told[0][0].Unit != "long.service" || told[0][0].Type != "start" || told[0][0].State != "running" {
		t.Errorf("the bus says %v, systemctl %v", told[0], told[1])
	}
	if r := m.Sh(t.Context(), "systemctl stop long.service"); r.Code != 0 {
		t.Errorf("%+v", r)
	}
	m.bus.gone = time.Time{}
}

func TestUnitObjectsAreNamedAsSystemdDoes(t *testing.T) {
	for unit, want := range map[string]string{
		"kresd@1.service":          "kresd_401_2eservice",
		"9p.mount":                 "_39p_2emount",
		"system-kresd.slice":       "system_2dkresd_2eslice",
		"kres-component@x.service": "kres_2dcomponent_40x_2eservice",
	} {
		if got := string(unitObject(unit)); got != string(systemdPath)+"/unit/"+want {
			t.Errorf("%s is %s", unit, got)
		}
	}
}
