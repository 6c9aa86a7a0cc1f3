// SPDX-License-Identifier: Apache-2.0

// Package versions holds the units, the polkit rule and what is said to systemd
// to what older releases of systemd do. Knot Resolver 6 is not packaged for them:
// a stand-in announces, answers and ends as it does.
package versions

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/contract"
	"kresd-manager/test/doors"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// layers are the installed product and the stand-in.
var layers []string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kresd-manager-versions-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	layer, err := product.Install(context.Background(), dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	standin := filepath.Join(dir, "standin")
	for _, program := range []string{"kresd", "kres-cache-gc"} {
		cmd := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(standin, "usr/sbin", program), "./standin")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "cannot build the stand-in: %v\n%s", err, out)
			return 1
		}
	}
	if err := os.Chmod(standin, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	layers = []string{layer, standin}
	return m.Run()
}

const basic = `{"workers": 2, "dnssec": {"enable": false}, "network": {"listen": [{"interface": "127.0.0.1"}]}}`

// older are the releases that are tried, and the systemd in them.
var older = []struct {
	suite   string
	systemd int
}{
	{"bookworm", 252},
	{"trixie", 257},
}

func TestOlderSystemd(t *testing.T) {
	for _, o := range older {
		t.Run(o.suite, func(t *testing.T) {
			s := &system{machine.Start(t, machine.Options{
				Name:   o.suite,
				Tree:   machine.Tree{Suite: o.suite},
				Layers: layers,
				Files:  map[string]machine.File{product.ConfigFile: {Content: basic}},
			})}
			version := s.must(t, "systemctl", "--version")
			if got, _ := strconv.Atoi(strings.Fields(version)[1]); got < o.systemd {
				t.Fatalf("%s, want %d or later", version, o.systemd)
			}
			t.Logf("%s has %s", o.suite, strings.SplitN(version, "\n", 2)[0])
			t.Run("units", s.units)
			t.Run("start", s.start)
			t.Run("polkit", s.polkit)
			t.Run("doors", s.doors)
			t.Run("transient", s.transient)
			t.Run("drift", s.drift)
			t.Run("reload", s.reload)
			t.Run("contract", s.contract)
			t.Run("sandbox", s.sandbox)
		})
	}
}

// system is a machine with a manager.
type system struct{ *machine.Machine }

func (s *system) must(t *testing.T, args ...string) string {
	t.Helper()
	r := s.Run(t.Context(), machine.Cmd{Args: args})
	if r.Code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

func (s *system) eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("did not happen within 20 s: %s", what)
}

// units has systemd read the unit files, and prints what it does not know.
func (s *system) units(t *testing.T) {
	dir := "/usr/local/lib/systemd/system/"
	names := strings.Fields(s.must(t, "sh", "-c", "ls "+dir+" | grep -E '^kres.*[.](service|socket|target)$' | sed s/@[.]/@1./"))
	r := s.Run(t.Context(), machine.Cmd{Args: append([]string{"systemd-analyze", "verify", "--man=no"}, names...)})
	for line := range strings.Lines(r.Stderr) {
		switch {
		case !strings.Contains(line, "kres"):
		case strings.Contains(line, "Unknown key"), strings.Contains(line, "ignoring: full"), strings.Contains(line, "PrivateUsers=full, ignoring"):
			t.Logf("ignored: %s", line)
		default:
			t.Errorf("systemd-analyze verify: %s", line)
		}
	}
}

func (s *system) start(t *testing.T) {
	if r := s.Run(t.Context(), machine.Cmd{Args: []string{"systemctl", "start", "kresd-manager.service"}}); r.Code != 0 {
		t.Fatalf("cannot start the manager: %s%s", r.Stderr, s.Journal(t.Context()))
	}
	s.Settle(t)
	for _, unit := range []string{"kresd@1.service", "kresd@2.service", "kres-policy-loader.service", "kres-gc.service"} {
		if got := s.Unit(t.Context(), unit, "ActiveState")["ActiveState"]; got != "active" {
			t.Errorf("%s is %s", unit, got)
		}
	}
}

// asManager calls a method of systemd as the manager's user.
func (s *system) asManager(t *testing.T, method string, args ...string) (denial string) {
	t.Helper()
	return product.AsManager(t, s.Machine, method, args...)
}

func (s *system) polkit(t *testing.T) {
	for _, unit := range []string{"kresd@9.service", "kres-gc.service", "kres-policy-loader.service", "kres-component@x.service"} {
		for _, method := range []string{"StartUnit", "RestartUnit", "StopUnit"} {
			if d := s.asManager(t, method, "ss", unit, "replace"); d != "" {
				t.Errorf("%s %s: %s", method, unit, d)
			}
		}
	}
	for _, unit := range []string{"dbus.service", "kresd-manager.service", "kresd@0.service", "kresd@1x.service", "kresd@12345.service",
		"kres-gcx.service", "system-kresd.slice", "multi-user.target", "kresd@1.socket"} {
		for _, method := range []string{"StartUnit", "StopUnit", "RestartUnit"} {
			if d := s.asManager(t, method, "ss", unit, "replace"); !product.IsDenied(d) {
				t.Errorf("%s %s is not denied: %q", method, unit, d)
			}
		}
	}
	for _, c := range [][]string{
		{"KillUnit", "ssi", "kresd@1.service", "all", "9"},
		{"FreezeUnit", "s", "kresd@1.service"},
		{"SetUnitProperties", "sba(sv)", "kresd@1.service", "true", "1", "CPUWeight", "t", "50"},
		{"StartUnit", "ss", "kresd.target", "replace"},
		{"Reload"}, {"Reexecute"}, {"ResetFailed"}, {"PowerOff"},
		{"EnableUnitFiles", "asbb", "1", "kresd@1.service", "true", "true"},
		{"SetEnvironment", "as", "1", "A=B"},
	} {
		if d := s.asManager(t, c[0], c[1:]...); !product.IsDenied(d) {
			t.Errorf("%v is not denied: %q", c, d)
		}
	}
}

// doors tries every method that this systemd has, as both users.
func (s *system) doors(t *testing.T) {
	s.Settle(t) // what was stopped is repaired
	d := doors.System{Machine: s.Machine}
	t.Run("bus", func(t *testing.T) { t.Logf("%d calls were refused", d.Bus(t)) })
	t.Run("varlink", func(t *testing.T) { t.Logf("%d calls were refused", d.TryVarlink(t)) })
	t.Run("user managers", func(t *testing.T) { t.Logf("%d calls were refused", d.UserManagers(t)) })
	t.Run("modes", func(t *testing.T) {
		s.must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
		t.Run("every verb and mode", d.Modes)
		t.Run("flush", d.Flush)
		t.Run("replace", d.Replace)
		t.Run("more and more time", d.EndlessTime)
	})
	s.must(t, "systemctl", "start", "kresd-manager.service")
	s.Settle(t)
}

// transient tries to run something as root by a transient unit of an allowed
// name, with and without the package's unit files.
func (s *system) transient(t *testing.T) {
	try := func() {
		for _, unit := range []string{"kresd@7.service", "kres-gc.service", "kres-policy-loader.service", "kresd@canary.service", "free.service", "kresd.target"} {
			if d := s.asManager(t, "StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "replace", "1", "ExecStart", "a(sasb)", "1",
				"/bin/touch", "2", "/bin/touch", "/root/owned", "false", "0"); d == "" {
				t.Errorf("a transient %s was started", unit)
			}
		}
	}
	try()
	s.must(t, "systemctl", "stop", "kresd-manager.service", "kresd-manager.socket", "kresd.target", "kresd@9.service", "kres-component@x.service")
	s.must(t, "systemctl", "reset-failed")
	s.must(t, "mv", "/usr/local/lib/systemd/system", "/usr/local/lib/systemd/away")
	s.must(t, "systemctl", "daemon-reload")
	try()
	s.must(t, "mv", "/usr/local/lib/systemd/away", "/usr/local/lib/systemd/system")
	s.must(t, "systemctl", "daemon-reload")
	if r := s.Run(t.Context(), machine.Cmd{Args: []string{"test", "-e", "/root/owned"}}); r.Code == 0 {
		t.Error("the manager's user ran a command as root")
	}
	s.must(t, "systemctl", "start", "kresd-manager.service")
	s.Settle(t)
}

// drift stops and kills workers behind the manager's back.
func (s *system) drift(t *testing.T) {
	for _, how := range [][]string{{"stop", "kresd@2.service"}, {"kill", "--signal=KILL", "kresd@1.service"}, {"stop", "kres-gc.service"}} {
		s.must(t, append([]string{"systemctl"}, how...)...)
		s.eventually(t, fmt.Sprintf("all runs again after %v", how), func() bool {
			for _, unit := range []string{"kresd@1.service", "kresd@2.service", "kres-gc.service"} {
				if s.Unit(t.Context(), unit, "ActiveState")["ActiveState"] != "active" {
					return false
				}
			}
			return true
		})
	}
	// What systemd does to itself, too.
	for _, how := range []string{"daemon-reload", "daemon-reexec"} {
		s.must(t, "systemctl", how)
		s.must(t, "systemctl", "stop", "kresd@1.service")
		s.eventually(t, "kresd@1.service runs again after "+how, func() bool {
			return s.Unit(t.Context(), "kresd@1.service", "ActiveState")["ActiveState"] == "active"
		})
	}
	s.Settle(t)
}

// reload must succeed with a good file and fail with a bad one.
func (s *system) reload(t *testing.T) {
	s.must(t, "systemctl", "reload", "kresd-manager.service")
	if err := s.WriteFile(product.ConfigFile, []byte(`{"workers": "many"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := s.Run(t.Context(), machine.Cmd{Args: []string{"systemctl", "reload", "kresd-manager.service"}}); r.Code == 0 {
		t.Error("systemctl reload succeeds with a bad file")
	}
	if err := s.WriteFile(product.ConfigFile, []byte(basic), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must(t, "systemctl", "reload", "kresd-manager.service")
	s.Settle(t)
}

func (s *system) contract(t *testing.T) {
	const once = "[Service]\nExecStartPre=+/bin/sh -c 'if test -e /run/fail-%n; then rm /run/fail-%n; exit 1; fi'\n"
	for _, unit := range []string{"kresd@.service", "kres-component@.service", "kres-gc.service", "kres-policy-loader.service"} {
		if err := s.WriteFile(fmt.Sprintf("/run/systemd/system/%s.d/fail.conf", unit), []byte(once), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, "systemctl", "daemon-reload")
	// By a rename: polkit may read a file before it is complete, and then leave it at that.
	s.must(t, "install", "-m", "644", "/usr/local/share/kresd-manager/49-kresd-manager-limits.rules", "/etc/polkit-1/rules")
	s.must(t, "mv", "/etc/polkit-1/rules", "/etc/polkit-1/rules.d/49-kresd-manager-limits.rules")
	denial := ""
	for range 100 { // polkit takes a moment
		if denial = s.asManager(t, "SetUnitProperties", "sba(sv)", "kresd@9.service", "true", "0"); denial == "" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if denial != "" {
		t.Fatalf("polkit does not allow limits: %s", denial)
	}
	for seed := range uint64(2) {
		contract.Run(t, s, seed, 5)
	}
}

// sandbox prints the exposure of each unit; what an older systemd does not know
// does not count.
func (s *system) sandbox(t *testing.T) {
	for unit, limit := range map[string]float64{
		"kresd-manager.service": 0.6, "kres-gc.service": 0.5, "kres-policy-loader.service": 1.0, "kresd@1.service": 1.5,
	} {
		out := s.must(t, "systemd-analyze", "security", "--no-pager", unit)
		_, after, _ := strings.Cut(out, "Overall exposure level for "+unit+": ")
		word, _, _ := strings.Cut(after, " ")
		got, err := strconv.ParseFloat(word, 64)
		t.Logf("%-28s %.1f, at most %.1f", unit, got, limit)
		if err != nil || got > limit {
			t.Errorf("%s: %s (%v)", unit, word, err)
		}
	}
}

// put sends a configuration and returns the report.
func (s *system) put(t *testing.T, path, doc string) (units.Report, error) {
	t.Helper()
	return product.Report(t, s.HTTPClient(product.Socket), path, doc)
}

// Put is that of contract.System.
func (s *system) Put(t *testing.T, doc string) (units.Report, error) {
	return s.put(t, "/v1/config", doc)
}

// Plan is that of contract.System.
func (s *system) Plan(t *testing.T, doc string) units.Plan {
	t.Helper()
	r, err := s.put(t, "/v1/config?dry-run", doc)
	if err != nil {
		t.Fatal(err)
	}
	return r.Plan
}

// Live is that of contract.System.
func (s *system) Live(t *testing.T) map[string]string {
	t.Helper()
	live := map[string]string{}
	out := s.must(t, "systemctl", "list-units", "--plain", "--no-legend", "--all",
		"kresd@*.service", "kres-component@*.service", "kres-gc.service", "kres-policy-loader.service")
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || f[1] != "loaded" || f[2] == "inactive" {
			continue
		}
		p := s.Unit(t.Context(), f[0], "StatusText", "CPUWeight", "MainPID")
		text := f[2]
		if text == "active" {
			text = p["StatusText"]
		}
		if w := p["CPUWeight"]; w != "[not set]" && w != "" {
			text += " weight " + w
		}
		if text == "" {
			text = strings.TrimSpace(s.must(t, "sh", "-c", "tr '\\0' ' ' </proc/"+p["MainPID"]+"/cmdline"))
		}
		live[f[0]] = text
	}
	return live
}

// Fail is that of contract.System.
func (s *system) Fail(t *testing.T, unit string, _ units.Kind) {
	t.Helper()
	s.must(t, "touch", "/run/fail-"+unit)
}

// Settle is that of contract.System.
func (s *system) Settle(t *testing.T) {
	t.Helper()
	s.eventually(t, "all is well", func() bool {
		r := s.Run(t.Context(), machine.Cmd{Args: []string{"kresctl", "status"}})
		return r.Code == 0 && strings.Contains(r.Stdout, "running")
	})
}
