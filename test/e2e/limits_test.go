// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

const (
	limitsRule   = "/usr/local/share/kresd-manager/49-kresd-manager-limits.rules"
	limitsInRule = "/etc/polkit-1/rules.d/49-kresd-manager-limits.rules"
)

// allowLimits puts the second polkit rule into force for the rest of a test, in
// the words of the manager's advice.
func allowLimits(t *testing.T) {
	t.Helper()
	sut.Must(t, "ln", "-s", limitsRule, "/etc/polkit-1/rules.d/")
	allowed := func() bool { return asManager(t, "SetUnitProperties", "sba(sv)", "kresd@9.service", "true", "0") == "" }
	product.Eventually(t, "polkit has read its rules", allowed)
	t.Cleanup(func() {
		forgetLimits(t)
		// Polkit takes a moment to notice.
		r := sut.Sh(context.Background(), "rm "+limitsInRule+`
			for i in $(seq 100); do
				runuser -u kresd-manager -- busctl --allow-interactive-authorization=no call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
					org.freedesktop.systemd1.Manager SetUnitProperties 'sba(sv)' kresd@9.service true 0 2>/dev/null || exit 0
				sleep .1
			done
			exit 1`)
		if r.Code != 0 {
			t.Errorf("polkit has not forgotten the rule: %s", r.Stderr)
		}
	})
}

// forgetLimits ends what was set until the next boot, also by hand.
func forgetLimits(t *testing.T) {
	t.Helper()
	r := sut.Sh(context.Background(), `
		systemctl stop kresd-manager.socket kresd-manager.service kresd.target 'kresd@*.service'
		rm -rf /run/systemd/system.control/kresd@*
		systemctl daemon-reload`)
	if r.Code != 0 {
		t.Errorf("cannot forget limits: %s", r.Stderr)
	}
}

// kinds gives what the steps of a plan do, without repeats in a row.
func kinds(p units.Plan) string {
	var said []string
	for _, s := range p.Steps {
		if len(said) == 0 || said[len(said)-1] != string(s.Kind) {
			said = append(said, string(s.Kind))
		}
	}
	return strings.Join(said, " ")
}

func TestLimitsActOnWorkersThatRun(t *testing.T) {
	allowLimits(t)
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	p := sut.Put(t, "/systemd", `{"memory-max": "300M", "memory-high": "250M", "cpu-weight": 200, "io-weight": 50, "tasks-max": 16}`)
	if kinds(p) != "set" {
		t.Errorf("plan:\n%s", p)
	}
	want := map[string]string{"MemoryMax": "314572800", "MemoryHigh": "262144000", "CPUWeight": "200", "IOWeight": "50", "TasksMax": "16"}
	for _, unit := range []string{"kresd@1.service", "kresd@2.service"} {
		for property, value := range want {
			if got := sut.Show(t, unit, property); got != value {
				t.Errorf("%s of %s is %s, want %s", property, unit, got, value)
			}
		}
		if sut.PIDs(t)[unit] != before[unit] {
			t.Errorf("%s was restarted", unit)
		}
	}
	// One that is added has them, from its start.
	sut.Put(t, "/workers", "3")
	if got := sut.Show(t, "kresd@3.service", "MemoryMax"); got != want["MemoryMax"] {
		t.Errorf("the third worker has %s", got)
	}
	// They survive systemd's reading of its units.
	sut.Must(t, "systemctl", "daemon-reload")
	if p := sut.Put(t, "/systemd/soak", `"1ms"`); len(p.Steps) != 0 {
		t.Errorf("after a daemon-reload:\n%s", p)
	}
	sut.Must(t, "systemctl", "set-property", "--runtime", "kresd@2.service", "MemoryMax=1G")
	product.Eventually(t, "what drifted is set back", func() bool { return sut.Show(t, "kresd@2.service", "MemoryMax") == want["MemoryMax"] })
	// A worker that leaves loses what is lifted while it is away.
	sut.Put(t, "/workers", "2")
	sut.Put(t, "/systemd", `{"cpu-weight": 200}`)
	for _, unit := range []string{"kresd@1.service", "kresd@3.service"} {
		if got := sut.Show(t, unit, "MemoryMax") + " " + sut.Show(t, unit, "TasksMax") + " " + sut.Show(t, unit, "IOWeight") + " " + sut.Show(t, unit, "CPUWeight"); got != "infinity infinity [not set] 200" {
			t.Errorf("%s has %s", unit, got)
		}
	}
	if after := sut.PIDs(t); after["kresd@1.service"] != before["kresd@1.service"] || after["kresd@2.service"] != before["kresd@2.service"] {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %s", s.State)
	}
}

func TestLimitsWithoutTheRuleAreRefusedAndNothingIsTouched(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	a := sut.Call(t, "PUT", "/v1/config", `{"workers": 3, "nsid": "x", "dnssec": {"enable": false}, "systemd": {"memory-max": "1G"}}`)
	if a.Code != 503 || !strings.Contains(a.Body, "ln -s "+limitsRule+" /etc/polkit-1/rules.d/") {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if after := sut.PIDs(t); len(after) != len(before) || after["kresd@1.service"] != before["kresd@1.service"] {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	if got := sut.Show(t, "kresd@1.service", "MemoryMax"); got != "infinity" {
		t.Errorf("MemoryMax is %s", got)
	}
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %s", s.State)
	}
	// The administrator can set them without any rule, and is believed.
	sut.Must(t, "systemctl", "set-property", "--runtime", "kresd@1.service", "MemoryMax=1G")
	sut.Must(t, "systemctl", "set-property", "--runtime", "kresd@2.service", "MemoryMax=1G")
	if p := sut.Put(t, "/systemd", `{"memory-max": "1G"}`); len(p.Steps) != 0 {
		t.Errorf("plan:\n%s", p)
	}
	forgetLimits(t)
	if got := sut.Show(t, "kresd@1.service", "MemoryMax"); got != "infinity" {
		t.Errorf("MemoryMax is %s", got)
	}
}

// The second rule is for workers and one verb alone.
func TestTheRuleForLimitsAllowsNothingElse(t *testing.T) {
	allowLimits(t)
	sut.Fresh(t, basic)
	if d := asManager(t, "SetUnitProperties", "sba(sv)", "kresd@1.service", "true", "1", "CPUWeight", "t", "50"); d != "" {
		t.Errorf("not allowed: %s", d)
	}
	for _, unit := range []string{
		"kres-gc.service", "kresd@canary.service", "kres-policy-loader.service", "kresd-manager.service", "dbus.service",
		"kresd@0.service", "kresd@01.service", "kresd@12345.service", "kresd@1x.service", "system-kresd.slice", "kresd.target",
	} {
		if d := asManager(t, "SetUnitProperties", "sba(sv)", unit, "true", "0"); !product.IsDenied(d) {
			t.Errorf("%s is not denied: %q", unit, d)
		}
	}
	for _, property := range [][]string{
		{"User", "s", "root"}, {"Environment", "as", "1", "A=B"}, {"ExecStart", "a(sasb)", "1", "/bin/true", "1", "/bin/true", "false"},
		{"NoNewPrivileges", "b", "false"}, {"AmbientCapabilities", "t", "1"}, {"ReadWritePaths", "as", "1", "/"},
	} {
		args := append([]string{"sba(sv)", "kresd@1.service", "true", "1"}, property...)
		if d := asManager(t, "SetUnitProperties", args...); d == "" {
			t.Errorf("%s can be set", property[0])
		}
	}
	for _, c := range [][]string{
		{"KillUnit", "ssi", "kresd@1.service", "all", "9"},
		{"FreezeUnit", "s", "kresd@1.service"},
		{"StartTransientUnit", "ssa(sv)a(sa(sv))", "kresd@9999.service", "replace", "1", "ExecStart", "a(sasb)", "1", "/bin/true", "1", "/bin/true", "false", "0"},
	} {
		if d := asManager(t, c[0], c[1:]...); d == "" {
			t.Errorf("%s is allowed", c[0])
		}
	}
	for _, user := range []string{"nobody", "knot-resolver"} {
		r := sut.Run(t.Context(), machine.Cmd{User: user, Unprivileged: true,
			Args: []string{"systemctl", "--no-ask-password", "set-property", "--runtime", "kresd@1.service", "CPUWeight=50"}})
		if r.Code == 0 {
			t.Errorf("%s may set limits", user)
		}
	}
}

// affinity is the CPUs that the main process of a unit may use.
func affinity(t *testing.T, unit string) string {
	t.Helper()
	return strings.TrimSpace(sut.Must(t, "sh", "-c", "sed -n 's/^Cpus_allowed_list:\t//p' /proc/"+sut.Show(t, unit, "MainPID")+"/status"))
}

func TestWorkersChooseTheirCPUs(t *testing.T) {
	sut.Fresh(t, basic)
	all := affinity(t, "kresd@1.service")
	if all == "0" {
		t.Log("this host has one CPU: little can be seen")
	}
	unharmed(t, func() {
		sut.Refused(t, "/systemd", `{"cpu-affinity": [0]}`, "workers need the drop-in 10-cpus.conf")
	})
	sut.Must(t, "sh", "-c", "install -D -m 644 /usr/local/share/kresd-manager/10-cpus.conf -t /etc/systemd/system/kresd@.service.d/ && systemctl daemon-reload")
	tidy(t, "rm -r /etc/systemd/system/kresd@.service.d && systemctl daemon-reload")
	sut.Put(t, "/systemd", `{"cpu-affinity": [0]}`)
	for _, unit := range []string{"kresd@1.service", "kresd@2.service"} {
		if got := affinity(t, unit); got != "0" {
			t.Errorf("%s may use %s", unit, got)
		}
	}
	sut.Put(t, "/systemd", `{"cpu-pinning": true}`)
	one, two := affinity(t, "kresd@1.service"), affinity(t, "kresd@2.service")
	if strings.ContainsAny(one+two, ",-") || all != "0" && one == two {
		t.Errorf("the workers may use %s and %s of %s", one, two, all)
	}
	sut.Refused(t, "/systemd", `{"cpu-affinity": [0, 8191]}`, "there is no CPU 8191")
	sut.Expect(t, "host.example.", "192.0.2.1")
	// At boot, a CPU that is gone does not take DNS with it.
	sut.Put(t, "/systemd", `{}`)
	if got := affinity(t, "kresd@1.service"); got != all {
		t.Errorf("afterwards it may use %s, not %s", got, all)
	}
}

func TestRestartAndSliceComeWithTheGenerator(t *testing.T) {
	sut.Fresh(t, basic)
	defer func() {
		sut.Wipe(t)
		sut.Must(t, "systemctl", "daemon-reload")
	}()
	sut.WriteConfig(t, basic+"systemd: {restart: on-failure, slice: dns.slice}\n")
	sut.Must(t, "kresctl", "reload")
	if out := sut.Must(t, "kresctl", "status"); !strings.Contains(out, "the unit files still say Restart=always") || !strings.Contains(out, "systemctl daemon-reload") {
		t.Errorf("status:\n%s", out)
	}
	sut.Must(t, "systemctl", "daemon-reload")
	if got := sut.Show(t, "kresd@1.service", "Restart") + " " + sut.Show(t, "kresd@canary.service", "Restart"); got != "on-failure no" {
		t.Errorf("restart is %s", got)
	}
	if s := sut.Status(t); len(s.Warnings) != 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
	sut.Must(t, "kresctl", "reload", "--force")
	if got := sut.Show(t, "kresd@1.service", "ControlGroup"); got != "/dns.slice/kresd@1.service" {
		t.Errorf("it runs in %s", got)
	}
}

func TestRestartAndSliceAreWhatTheUnitSays(t *testing.T) {
	const generators = "/usr/local/lib/systemd/system-generators/"
	sut.Must(t, "mv", generators+"kresd-generator", "/root/")
	defer sut.Sh(t.Context(), "mv /root/kresd-generator "+generators)
	sut.Fresh(t, basic)
	defer sut.Sh(t.Context(), "rm -rf /etc/systemd/system/kresd@.service.d; systemctl daemon-reload")
	a := sut.Call(t, "PUT", "/v1/config/systemd", `{"restart": "on-failure", "slice": "dns.slice"}`, "Accept", "application/json")
	if a.Code != 400 {
		t.Fatalf("%d %s", a.Code, a.Body)
	}
	var p struct {
		Problems []struct{ Pointer, Hint string }
	}
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil || len(p.Problems) != 2 {
		t.Fatalf("%v %s", err, a.Body)
	}
	for _, problem := range p.Problems {
		// The advice is a command.
		sut.Must(t, "bash", "-ec", strings.TrimPrefix(problem.Hint, "as root: "))
	}
	if got := sut.Show(t, "kresd@1.service", "Restart") + " " + sut.Show(t, "kresd@canary.service", "Restart"); got != "on-failure no" {
		t.Errorf("restart is %s", got)
	}
	sut.Put(t, "/systemd", `{"restart": "on-failure", "slice": "dns.slice"}`)
	sut.Must(t, "kresctl", "reload", "--force")
	sut.Put(t, "/systemd", `{"restart": "on-failure", "slice": "dns.slice", "soak": "1ms"}`)
	sut.Must(t, "kresctl", "stop")
}

func TestAMissingControllerIsAWarning(t *testing.T) {
	allowLimits(t)
	sut.Fresh(t, basic)
	if s := sut.Status(t); len(s.Warnings) != 0 {
		t.Errorf("warnings without limits: %q", s.Warnings)
	}
	sut.Put(t, "/systemd", `{"memory-max": "1G", "cpu-weight": 50}`)
	s := sut.Status(t)
	if s.State != "running" {
		t.Errorf("state %s", s.State)
	}
	have := sut.Must(t, "cat", "/sys/fs/cgroup"+sut.Show(t, "kresd@1.service", "ControlGroup")+"/cgroup.controllers")
	out := sut.Must(t, "kresctl", "status")
	for controller, key := range map[string]string{"memory": "memory-max", "cpu": "cpu-weight"} {
		want := " " + key + ": set, and not enforced, because"
		if missing := !strings.Contains(" "+have+" ", " "+controller+" "); missing != strings.Contains(out, want) {
			t.Errorf("controllers are %q, and status says:\n%s", have, out)
		}
	}
	for _, u := range s.Units {
		if u.Role == units.RoleWorker && (u.Memory == 0 || u.Usage.MemoryPeak == 0 || u.Usage.CPU == 0 || u.Usage.Tasks == 0) {
			t.Errorf("%s uses %+v", u.Unit, u.Usage)
		}
	}
}
