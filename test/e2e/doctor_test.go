// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"kresd-manager/internal/doctor"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// examine runs kresctl doctor as root.
func examine(t *testing.T) (doctor.Report, string) {
	t.Helper()
	r := sut.Exec(t, "kresctl", "doctor", "--json")
	var report doctor.Report
	if err := json.Unmarshal([]byte(r.Stdout), &report); err != nil {
		t.Fatalf("exit %d: %v\n%s%s", r.Code, err, r.Stdout, r.Stderr)
	}
	want := 0
	if len(report.Findings) > 0 {
		want = 1
	}
	if r.Code != want {
		t.Errorf("exit %d with %d findings", r.Code, len(report.Findings))
	}
	return report, r.Stdout
}

// wellness fails the test if there is anything to find.
func wellness(t *testing.T, when string) {
	t.Helper()
	if r, _ := examine(t); len(r.Findings) > 0 || len(r.Unseen) > 0 || len(r.Checks) < 10 {
		t.Errorf("%s: %+v", when, r)
	}
}

// TestDoctor breaks an installation in every way, one at a time: the fault is
// found, nothing else is, and the command that is told fixes it.
func TestDoctor(t *testing.T) {
	sut.Fresh(t, basic)
	wellness(t, "a system that is well")
	if out := sut.Must(t, "kresctl", "doctor"); !strings.HasPrefix(out, "nothing is wrong: ") {
		t.Errorf("%s", out)
	}
	for _, c := range []struct {
		name  string
		fault string // a script
		check string
		what  string
		// by is in place of the command that is told, where that cannot work
		// here: there are no packages.
		by string
		// and undoes the rest of the fault.
		and string
	}{
		{"the rule is gone", "mv /etc/polkit-1/rules.d/50-kresd-manager.rules /root/", "polkit", "polkit does not have the rule",
			"mv /root/50-kresd-manager.rules /etc/polkit-1/rules.d/", ""},
		{"polkitd cannot read the rule", "chmod 0600 /etc/polkit-1/rules.d/50-kresd-manager.rules", "polkit", "cannot be read by polkitd", "", ""},
		{"another rule comes first", `echo 'polkit.addRule(function(a, s) { if (s.user === "kresd-manager") return polkit.Result.NO; });' >/etc/polkit-1/rules.d/10-no.rules; systemctl restart polkit`,
			"polkit", "polkit refuses the manager", "rm /etc/polkit-1/rules.d/10-no.rules; systemctl restart polkit", ""},
		{"polkit is masked", "systemctl mask --runtime --now polkit.service", "polkit", "polkit.service is masked", "systemctl unmask --runtime polkit.service; systemctl start polkit.service", ""},
		{"polkit is too old", "printf '#!/bin/sh\necho pkaction version 0.105\n' >/usr/local/bin/pkaction; chmod +x /usr/local/bin/pkaction", "polkit", "older than 0.106",
			"rm /usr/local/bin/pkaction", ""},
		{"a mode that lets everyone in", "chmod 0777 /run/kresd-manager", "owners", "/run/kresd-manager has mode 0777 and not 0750", "", ""},
		{"state of another user", "chown root /var/lib/kresd-manager", "owners", "/var/lib/kresd-manager belongs to root", "", ""},
		{"a cache that root has touched", "touch /var/cache/knot-resolver/lock.mdb; chown root /var/cache/knot-resolver/lock.mdb", "owners", "lock.mdb belongs to root", "", ""},
		{"the stock service at boot", "systemctl enable knot-resolver.service", "stock", "starts at boot, by /etc/systemd/system/multi-user.target.wants/knot-resolver.service", "",
			"systemctl unmask knot-resolver.service; systemctl disable knot-resolver.service"},
		{"the stock service at boot, by its package", "mkdir -p /usr/lib/systemd/system/multi-user.target.wants; ln -s ../knot-resolver.service /usr/lib/systemd/system/multi-user.target.wants/",
			"stock", "starts at boot, by /usr/lib/systemd/system/multi-user.target.wants/knot-resolver.service", "",
			"systemctl unmask knot-resolver.service; rm /usr/lib/systemd/system/multi-user.target.wants/knot-resolver.service"},
		{"an edit that is not in force", "mkdir -p /run/systemd/system/kresd@.service.d; printf '[Service]\nNice=1\n' >/run/systemd/system/kresd@.service.d/x.conf",
			"units", "unit files were edited", "rm -r /run/systemd/system/kresd@.service.d; systemctl daemon-reload", ""},
		{"an edit that breaks what we rely on", "mkdir -p /run/systemd/system/kresd@.service.d; printf '[Service]\nExecStop=\n' >/run/systemd/system/kresd@.service.d/x.conf; systemctl daemon-reload",
			"units", "has ExecStop=", "rm -r /run/systemd/system/kresd@.service.d; systemctl daemon-reload", ""},
		{"a unit file in place of ours", "cp /usr/local/lib/systemd/system/kres-gc.service /etc/systemd/system/; systemctl daemon-reload", "units", "/etc/systemd/system/kres-gc.service is in place of", "", ""},
		{"a masked unit", "systemctl mask --runtime kres-gc.service", "units", "kres-gc.service is masked", "", ""},
		{"no manager", "systemctl stop kresd-manager.socket kresd-manager.service",
			"units", "kresd-manager.service does not run", "", "systemctl disable kresd-manager.socket kresd-manager.service"},
		{"a mistake in the file", "sed -i 's/^workers: 2/workers: two/' /etc/knot-resolver/config.yaml", "configuration", "/workers: ",
			"sed -i 's/^workers: two/workers: 2/' /etc/knot-resolver/config.yaml", ""},
		{"a file that the manager cannot read", "chmod 0600 /etc/knot-resolver/config.yaml", "configuration", "the user kresd-manager cannot read", "", "chmod 0644 /etc/knot-resolver/config.yaml"},
		{"an old kresd", "mv /usr/sbin/kresd /root/kresd; printf '#!/bin/sh\necho Knot Resolver, version 6.0.17\n' >/usr/sbin/kresd; chmod +x /usr/sbin/kresd", "version", "/usr/sbin/kresd is 6.0, older than 6.5",
			"mv /root/kresd /usr/sbin/kresd", ""},
		{"no kresd", "mv /usr/sbin/kresd /root/kresd", "version", "cannot run /usr/sbin/kresd -V", "mv /root/kresd /usr/sbin/kresd", ""},
		{"a clock that is behind", "touch -d '+2 years' /usr/lib/clock-epoch", "clock", "which is before /usr/lib/clock-epoch was written", "rm /usr/lib/clock-epoch", ""},
		{"a worker with a user manager", "mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/knot-resolver",
			"polkit", "the user knot-resolver lingers", "", "rm -f /var/lib/systemd/linger/knot-resolver; systemctl stop user@$(id -u knot-resolver).service user-runtime-dir@$(id -u knot-resolver).service"}, // which logind lets stay for ten seconds
		{"a manager out of the journal's group", "mkdir -p /run/systemd/system/kresd-manager.service.d; printf '[Service]\nSupplementaryGroups=\n' >/run/systemd/system/kresd-manager.service.d/x.conf; systemctl daemon-reload",
			"journal", "is not in the group systemd-journal", "", "rm -r /run/systemd/system/kresd-manager.service.d /etc/systemd/system/kresd-manager.service.d; systemctl daemon-reload"},
		{"a journal that is root's", "chmod 0700 /run/log/journal/* /var/log/journal/* 2>/dev/null || true; setfacl -b -R /run/log/journal /var/log/journal 2>/dev/null || true; chown -R root:root /run/log/journal /var/log/journal 2>/dev/null || true; chmod -R go-rwx /run/log/journal /var/log/journal 2>/dev/null || true",
			"journal", "cannot read the journal", "", ""},
		// The last one: the manager notices, too, and starts anew, which would undo other faults.
		{"someone else's run directory", "chown nobody /run/knot-resolver/control", "owners", "/run/knot-resolver/control belongs to nobody:knot-resolver", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Cleanup(func() {
				if c.and != "" {
					sut.Sh(context.Background(), c.and)
				}
			})
			sut.Must(t, "bash", "-ec", c.fault)
			r, text := examine(t)
			fix := c.by
			for _, f := range r.Findings {
				if f.Check != c.check {
					t.Errorf("something else is found: %+v", f)
				}
				if f.What == "" || f.Why == "" || f.Fix == "" {
					t.Errorf("%+v", f)
				}
			}
			if len(r.Findings) == 0 || !strings.Contains(text, c.what) {
				t.Errorf("not found: %q in\n%s", c.what, text)
			}
			if fix == "" && len(r.Findings) > 0 {
				fix = r.Findings[0].Fix
			}
			if out := sut.Exec(t, "bash", "-c", fix); out.Code != 0 {
				t.Errorf("%s: exit %d\n%s%s", fix, out.Code, out.Stdout, out.Stderr)
			}
			if c.and != "" {
				sut.Must(t, "bash", "-ec", c.and)
			}
			product.Eventually(t, "it is well again", func() bool {
				r, _ := examine(t)
				return len(r.Findings) == 0
			})
		})
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

func TestDoctorReportsTheStockServiceThatRuns(t *testing.T) {
	sut.Wipe(t)
	sut.WriteConfig(t, basic)
	defer sut.Sh(t.Context(), "systemctl stop knot-resolver.service; systemctl reset-failed")
	sut.Must(t, "bash", "-ec", "rm -rf /run/knot-resolver/*; systemctl start knot-resolver.service")
	_, text := examine(t)
	if !strings.Contains(text, "knot-resolver.service, the stock manager, is activ") || !strings.Contains(text, "systemctl mask --now knot-resolver.service") {
		t.Errorf("%s", text)
	}
}

func TestDoctorTellsWhoTookThePort(t *testing.T) {
	sut.Wipe(t)
	sut.WriteConfig(t, basic)
	defer sut.Sh(t.Context(), "systemctl stop thief.service; systemctl reset-failed")
	sut.Must(t, "systemd-run", "--unit=thief.service", "perl", "-MIO::Socket::INET", "-e",
		"my $u = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 53, Proto => 'udp') or die; my $v = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 53, Proto => 'tcp', Listen => 1) or die; my $t = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 853, Proto => 'tcp', Listen => 1) or die; sleep 600")
	product.Eventually(t, "the ports are told", func() bool {
		_, text := examine(t)
		return strings.Contains(text, "port 53 (udp and tcp) of 0.0.0.0 is held by perl, process ") &&
			strings.Contains(text, "port 853 (tcp) of 127.0.0.1 is held by perl") && strings.Contains(text, "systemctl stop thief.service")
	})
}

func TestDoctorReportsLimitsThatNoOneEnforces(t *testing.T) {
	sut.Fresh(t, basic)
	sut.WriteConfig(t, basic+"systemd: {memory-max: 1G}\n")
	group := sut.Show(t, "kresd@1.service", "ControlGroup")
	have := sut.Must(t, "cat", "/sys/fs/cgroup"+group+"/cgroup.controllers")
	_, text := examine(t)
	if missing := !strings.Contains(" "+have, " memory"); missing != strings.Contains(text, "/systemd: memory-max: set, and not enforced, because") {
		t.Errorf("controllers are %q\n%s", have, text)
	}
}

func TestDoctorWithoutRootTellsWhatItCannotSee(t *testing.T) {
	sut.Fresh(t, basic)
	r := sut.Run(t.Context(), machine.Cmd{User: "nobody", Unprivileged: true, Args: []string{"kresctl", "doctor"}})
	if r.Code != 0 || !strings.Contains(r.Stdout, "not looked at: ") || !strings.Contains(r.Stdout, "nothing is wrong") {
		t.Errorf("exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}
