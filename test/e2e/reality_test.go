// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// blindly does something while the manager sees and does nothing, and returns what
// doctor says of it. Then the manager goes on.
func blindly(t *testing.T, script string) string {
	t.Helper()
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=STOP", units.Manager)
	sut.Must(t, "bash", "-ec", script)
	_, text := examine(t)
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=CONT", units.Manager)
	return text
}

func managerPID(t *testing.T) string {
	t.Helper()
	return sut.Show(t, units.Manager, "MainPID")
}

func wantWords(t *testing.T, where, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%s", where, w, text)
		}
	}
}

// wantOthers fails the test unless all processes but those of some units are the
// same.
func wantOthers(t *testing.T, before map[string]int, but ...string) {
	t.Helper()
	after := sut.PIDs(t)
	for unit, pid := range before {
		changed := false
		for _, b := range but {
			changed = changed || b == unit
		}
		if (after[unit] != pid) != changed {
			t.Errorf("%s was process %d and is %d now", unit, pid, after[unit])
		}
	}
}

func wellAgain(t *testing.T) {
	t.Helper()
	product.Eventually(t, "all is well", func() bool {
		s, err := sut.Request(t.Context(), "GET", "/v1/status", "")
		return err == nil && strings.Contains(s.Body, `"state":"running"`) && !strings.Contains(s.Body, `"fault"`)
	})
	for range 10 { // whichever worker it comes to
		sut.Expect(t, "host.example.", "192.0.2.1")
	}
	wellness(t, "after it was put right")
}

func TestAWorkerWhoseControlSocketIsGoneIsReplaced(t *testing.T) {
	sut.Fresh(t, basic)
	before, manager := sut.PIDs(t), managerPID(t)
	said := blindly(t, "rm /run/knot-resolver/control/2")
	wantWords(t, "doctor", said, "kresd@2.service has lost its control socket", "it cannot be notified of new rules")
	product.Eventually(t, "worker 2 is another process", func() bool { p := sut.PIDs(t)["kresd@2.service"]; return p != 0 && p != before["kresd@2.service"] })
	wellAgain(t)
	wantOthers(t, before, "kresd@2.service")
	if now := managerPID(t); now != manager {
		t.Error("the manager was started again")
	}
	r := sut.Status(t).LastRepair
	if r == nil || r.Error != "" {
		t.Fatalf("status tells of repair %+v", r)
	}
	wantWords(t, "status", r.Plan.String(), "restart  kresd@2.service             does not answer on its control socket, which is gone")
	wantWords(t, "the journal", sut.Journal(t.Context(), units.Manager), "kresd@2.service does not answer on its control socket, which is gone: it cannot be notified of new rules", "it is restarted, drained")
	if log := sut.Journal(t.Context(), "kresd@2.service"); strings.Contains(log, "cannot drain") {
		t.Errorf("it was not drained:\n%s", log)
	}
	sut.Put(t, "/local-data/addresses/other.example", `"192.0.2.2"`) // which failed
}

func TestRulesThatAreGoneAreLoadedAgain(t *testing.T) {
	for name, script := range map[string]string{
		"removed": "rm -r /run/knot-resolver/work/ruledb",
		// Workers that look at it die, and come back with an empty one.
		"emptied":                              ": >/run/knot-resolver/work/ruledb/data.mdb",
		"removed, and loaded anew by a worker": "rm -r /run/knot-resolver/work/ruledb; systemctl restart kresd@1.service",
	} {
		t.Run(name, func(t *testing.T) {
			sut.Fresh(t, basic)
			before, manager := sut.PIDs(t), managerPID(t)
			load := sut.Show(t, units.PolicyLoader, "InvocationID")
			said := blindly(t, script)
			if name != "removed, and loaded anew by a worker" { // for doctor there is nothing wrong with it
				wantWords(t, "doctor", said, "the rule database is ", "has to load them first")
			}
			product.Eventually(t, "the rules are loaded again", func() bool { return sut.Show(t, units.PolicyLoader, "InvocationID") != load })
			wellAgain(t)
			wantOthers(t, before, "kresd@1.service", "kresd@2.service")
			if now := managerPID(t); now != manager {
				t.Error("the manager was started again")
			}
			wantWords(t, "the journal", sut.Journal(t.Context(), units.Manager), "the rule database is ", "the rules are loaded again")
			sut.Put(t, "/local-data/addresses/other.example", `"192.0.2.2"`)
			sut.Expect(t, "other.example.", "192.0.2.2")
		})
	}
}

func TestTheSocketOfTheAPIComesBack(t *testing.T) {
	sut.Fresh(t, basic)
	before, manager := sut.PIDs(t), managerPID(t)
	sut.Put(t, "/local-data/addresses/host.example", `"192.0.2.1"`)
	sut.WriteConfig(t, basic+"nsid: edited\n") // which no one has asked for
	said := blindly(t, "rm /run/knot-resolver/kres-api.sock")
	wantWords(t, "doctor", said, "/run/knot-resolver/kres-api.sock, the socket of the API, is gone", "systemctl restart kresd-manager.socket kresd-manager.service")
	wellAgain(t)
	wantOthers(t, before)
	if now := managerPID(t); now == manager {
		t.Error("it is the same manager, so who has made the socket?")
	}
	if owner := strings.TrimSpace(sut.Must(t, "stat", "-c", "%U:%G %a", "/run/knot-resolver/kres-api.sock")); owner != "root:knot-resolver 660" {
		t.Errorf("the socket is %s", owner)
	}
	if a := sut.Call(t, "GET", "/v1/config/nsid", ""); a.Code != 200 || a.Body != "null" {
		t.Errorf("the edited file is in force: %d %s", a.Code, a.Body)
	}
	wantWords(t, "the journal", sut.Journal(t.Context(), units.Manager), "/run/knot-resolver/kres-api.sock, the socket of the API, is gone", "restarting, so that systemd recreates them")

	// Once more at once would be in vain as well: it is reported, with what to type.
	sut.WriteConfig(t, basic) // which a restart by hand reads
	sut.Must(t, "rm", "/run/knot-resolver/kres-api.sock")
	product.Eventually(t, "systemctl status tells", func() bool {
		return strings.Contains(sut.Show(t, units.Manager, "StatusText"), "kres-api.sock, the socket of the API, is gone; systemctl restart kresd-manager.socket kresd-manager.service")
	})
	sut.Must(t, "systemctl", "restart", "kresd-manager.socket", "kresd-manager.service")
	wellAgain(t)
	wantOthers(t, before)
}

func TestTheRunDirectoryComesBack(t *testing.T) {
	for name, script := range map[string]string{
		"all that is in it": "rm -rf /run/knot-resolver/* /run/knot-resolver/.lock",
		// systemd gives the directory to that unit, and removes it at its end.
		"the directory, by another unit":       "systemd-run --quiet --wait --property=RuntimeDirectory=knot-resolver true; test ! -e /run/knot-resolver",
		"the directory of the control sockets": "rm -r /run/knot-resolver/control",
		"the directory of the workers":         "rm -r /run/knot-resolver/work",
		"its owner":                            "chown root:root /run/knot-resolver/control",
	} {
		t.Run(name, func(t *testing.T) {
			sut.Fresh(t, basic)
			sut.Must(t, "rm", "-f", "/run/kresd-manager/again")
			before, manager := sut.PIDs(t), managerPID(t)
			wantWords(t, "doctor", blindly(t, script), "/run/knot-resolver")
			product.Eventually(t, "it is another manager", func() bool { p := managerPID(t); return p != manager && p != "0" })
			wellAgain(t)
			if name == "its owner" {
				wantOthers(t, before)
			} else if after := sut.PIDs(t); after["kres-gc.service"] != before["kres-gc.service"] {
				t.Error("the garbage collector was restarted, too")
			}
			for path, want := range map[string]string{
				"": "root:kresd-manager 1775", "/control": "knot-resolver:knot-resolver 770", "/work": "knot-resolver:knot-resolver 750",
				"/.lock": "root:kresd-manager 660", "/kres-api.sock": "root:knot-resolver 660",
			} {
				if got := strings.TrimSpace(sut.Must(t, "stat", "-c", "%U:%G %a", "/run/knot-resolver"+path)); got != want {
					t.Errorf("/run/knot-resolver%s is %s, want %s", path, got, want)
				}
			}
			sut.Put(t, "/local-data/addresses/other.example", `"192.0.2.2"`)
			sut.Expect(t, "other.example.", "192.0.2.2")
		})
	}
}

func TestAFrozenWorkerIsTheAdministrators(t *testing.T) {
	sut.Fresh(t, basic)
	tidy(t, "systemctl thaw kresd@2.service; systemctl thaw system-kresd.slice; true")
	before := sut.PIDs(t)
	sut.Must(t, "systemctl", "freeze", "kresd@2.service")
	_, said := examine(t)
	wantWords(t, "doctor", said, "kresd@2.service is frozen", "about 1 in 2 of all are lost", "systemctl thaw kresd@2.service")
	if s := sut.Status(t); s.State != "degraded" {
		t.Errorf("the state is %s", s.State)
	}
	wantWords(t, "status", sut.Exec(t, "kresctl", "status").Stdout, "kresd@2.service is frozen", "about 1 in 2 of all are lost", "systemctl thaw kresd@2.service")
	wantWords(t, "metrics", sut.Call(t, "GET", "/metrics/prometheus", "").Body,
		`kresd_manager_unit_current{component="worker",unit="kresd@2.service"} 0`, `kresd_manager_state{state="degraded"} 1`)
	product.Eventually(t, "the journal tells", func() bool {
		return strings.Contains(sut.Journal(t.Context(), units.Manager), "kresd@2.service is frozen: ")
	})
	// A change goes on without it, and does not wait for it.
	sut.Put(t, "/local-data/addresses/other.example", `"192.0.2.2"`)
	sut.Put(t, "/nsid", `"x"`)
	wantOthers(t, before, "kresd@1.service")
	if state := sut.Show(t, "kresd@2.service", "FreezerState"); state != "frozen" {
		t.Errorf("it is %s", state)
	}
	sut.Must(t, "systemctl", "thaw", "kresd@2.service")
	wellAgain(t)
	wantOthers(t, before, "kresd@1.service", "kresd@2.service")

	sut.Must(t, "systemctl", "freeze", "system-kresd.slice")
	out := sut.Exec(t, "kresctl", "status").Stdout
	sut.Must(t, "systemctl", "thaw", "system-kresd.slice")
	wantWords(t, "status", out, "kresd@1.service is frozen", "about 2 in 2 of all are lost", "systemctl thaw $(systemctl show --property=Slice --value kresd@1.service)")
	wellAgain(t)
}

// Who kills what is frozen leaves a unit that systemd does not touch any more, which
// takes a machine of its own.
func TestAWorkerThatIsKilledWhileItIsFrozen(t *testing.T) {
	s := product.System{Machine: machine.Start(t, product.Options(sut.Layer, basic))}
	s.Must(t, "systemctl", "start", "kresd-manager.service")
	// With its slice: it is free when that is thawed, and the manager starts it.
	if r := s.Sh(t.Context(), "systemctl freeze system-kresd.slice; systemctl kill --signal=KILL kresd@2; sleep 0.5; systemctl thaw system-kresd.slice"); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	product.Eventually(t, "all is well", func() bool { return s.PIDs(t)["kresd@2.service"] != 0 && s.Status(t).State == "running" })
	// By itself: it is reported, others do its work, and a change goes on.
	if r := s.Sh(t.Context(), "systemctl freeze kresd@2; systemctl kill --signal=KILL kresd@2"); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	product.Eventually(t, "its process is gone", func() bool { return s.PIDs(t)["kresd@2.service"] == 0 })
	if state := s.Show(t, "kresd@2.service", "FreezerState"); state != "frozen" {
		t.Fatalf("it is %s: this systemd does better, and units.Stuck is not needed for it", state)
	}
	words := []string{"kresd@2.service was killed while it was frozen", "systemd can neither start, stop nor thaw it; reboot when it suits you"}
	wantWords(t, "status", s.Exec(t, "kresctl", "status").Stdout, append(words, "the others do its work, 1 of 1")...)
	wantWords(t, "doctor", s.Exec(t, "kresctl", "doctor").Stdout, words...)
	s.Put(t, "/nsid", `"x"`)
	for range 8 {
		s.Expect(t, "host.example.", "192.0.2.1")
	}
	s.Must(t, "systemctl", "restart", "kresd-manager.service")
	wantWords(t, "status after a restart of the manager", s.Exec(t, "kresctl", "status").Stdout, words...)
}

// While it was frozen, rules were loaded and nothing else, so that its process stays.
func TestAThawedWorkerIsToldOfNewRules(t *testing.T) {
	sut.Fresh(t, basic)
	tidy(t, "systemctl thaw kresd@2.service; true")
	sut.Expect(t, "host.example.", "192.0.2.1")
	before := sut.PIDs(t)
	sut.Must(t, "systemctl", "freeze", "kresd@2.service")
	product.Eventually(t, "it is noticed", func() bool { return sut.Status(t).State == "degraded" })
	sut.Put(t, "/local-data/addresses/host.example", `"192.0.2.9"`)
	sut.Must(t, "systemctl", "thaw", "kresd@2.service")
	product.Eventually(t, "all is well", func() bool { return sut.Status(t).State == "running" })
	wantOthers(t, before)
	for i := range 20 {
		if got := sut.Resolve(t, "udp", "host.example."); fmt.Sprint(got) != "[192.0.2.9]" {
			t.Fatalf("query %d: %v", i, got)
		}
	}
}

func TestAMaskedWorkerIsReportedEverywhere(t *testing.T) {
	sut.Fresh(t, basic)
	tidy(t, "systemctl unmask --runtime kresd@2.service; true")
	sut.Must(t, "systemctl", "mask", "--runtime", "kresd@2.service")
	check := func(when string, words ...string) {
		t.Helper()
		_, said := examine(t)
		wantWords(t, "doctor, "+when, said, "kresd@2.service is masked", "systemctl unmask kresd@2.service")
		wantWords(t, "status, "+when, sut.Exec(t, "kresctl", "status").Stdout, append(words, "kresd@2.service is masked", "systemctl unmask kresd@2.service")...)
	}
	check("while it runs", "a change that restarts it fails")
	sut.Must(t, "systemctl", "stop", "kresd@2.service")
	check("when it is stopped", "no one can start it")
	if s := sut.Status(t); s.State != "degraded" {
		t.Errorf("the state is %s", s.State)
	}
	sut.Must(t, "systemctl", "unmask", "--runtime", "kresd@2.service")
	wellAgain(t)
}

// A manager that starts without the socket's path opens one of its own. If it is killed,
// that is left behind, and the next one does not take it for systemd's.
func TestASocketThatAKilledManagerLeavesIsReplaced(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "sh", "-c", "systemctl stop kresd-manager.service; rm /run/knot-resolver/kres-api.sock; systemctl start kresd-manager.service")
	product.Eventually(t, "the manager can be reached", func() bool { return sut.Exec(t, "kresctl", "status").Code == 0 })
	pid := managerPID(t)
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd-manager.service")
	product.Eventually(t, "the next manager can be reached", func() bool { return managerPID(t) != pid && sut.Exec(t, "kresctl", "status").Code == 0 })
}
