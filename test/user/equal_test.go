// SPDX-License-Identifier: Apache-2.0

package user

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/transient"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// side is one of the two service managers.
type side struct {
	place   transient.Place
	command func(args ...string) machine.Cmd
	ctl     []string // systemctl
	manager []string
	files   string // directory of unit files
}

func userSide() side {
	return side{
		place: transient.Place{
			User: true, Rundir: session + "/knot-resolver", RuntimeDir: session + "/kresd-manager", CacheDir: "/home/" + name + "/.cache/knot-resolver",
			Programs: product.Programs, Kresd: "/usr/sbin/kresd", CacheGC: "/usr/sbin/kres-cache-gc",
		},
		command: cmd,
		ctl:     []string{"systemctl", "--user"},
		manager: []string{product.Programs + "/kresd-manager", "--transient", "-c", "/home/" + name + "/my.yaml"},
		files:   session + "/systemd/user",
	}
}

func rootSide() side {
	return side{
		place: transient.Place{
			Rundir: "/run/knot-resolver", RuntimeDir: "/run/kresd-manager", CacheDir: "/var/cache/knot-resolver",
			Programs: product.Programs, Kresd: "/usr/sbin/kresd", CacheGC: "/usr/sbin/kres-cache-gc",
		},
		command: func(args ...string) machine.Cmd { return machine.Cmd{Args: args} },
		ctl:     []string{"systemctl"},
		manager: []string{product.Programs + "/kresd-manager", "--transient", "-c", "/home/" + name + "/my.yaml"},
		files:   "/run/systemd/system",
	}
}

func (s side) systemctl(t *testing.T, args ...string) string {
	t.Helper()
	return want(t, s.command(append(append([]string(nil), s.ctl...), args...)...))
}

// passing are properties that tell of one run of a unit and not of the unit.
var passing = regexp.MustCompile(`^(.*Timestamp.*|.*PID|InvocationID|ControlGroupId|CPUUsageNSec|Memory(Current|Peak|Available|Swap.*|ZSwap.*)|IO.*Bytes|IO.*Operations|IP.*(Bytes|Packets)|` +
	`TasksCurrent|NRestarts|Effective.*)=`)

// different are those in which a unit with a file cannot be the same as one
// without: where it comes from.
var different = regexp.MustCompile(`^(FragmentPath|Transient|UnitFileState|UnitFilePreset|NeedDaemonReload|CanClean)=`)

// sets are properties whose order says nothing.
var sets = regexp.MustCompile(`^(IPAddressDeny|IPAddressAllow|Requires|RequiresMountsFor|WantsMountsFor|Wants|WantedBy|RequiredBy|Before|After|Conflicts|References|ReferencedBy)=`)

// runs is what systemctl adds to a command about its last run.
var runs = regexp.MustCompile(`; start_time=.* \}`)

func (s side) show(t *testing.T, unit string) string {
	t.Helper()
	var kept []string
	for line := range strings.Lines(s.systemctl(t, "show", "--all", unit)) {
		if passing.MatchString(line) || different.MatchString(line) {
			continue
		}
		if key, values, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok && sets.MatchString(line) {
			words := strings.Fields(values)
			slices.Sort(words)
			line = key + "=" + strings.Join(words, " ") + "\n"
		}
		kept = append(kept, runs.ReplaceAllString(line, "}"))
	}
	return strings.Join(kept, "")
}

// settings are lines that systemctl must show of some transient unit.
func settings(user bool) []string {
	both := []string{
		"MemoryDenyWriteExecute=yes", "NotifyAccess=main", "Restart=always", "RestartUSec=100ms", "WatchdogUSec=30s",
		"SystemCallErrorNumber=1", "NoNewPrivileges=yes",
	}
	if user {
		return append(both, "User=", "Wants=kres-policy-loader.service", "Slice=app-kresd.slice")
	}
	return append(both, "User=knot-resolver", "AmbientCapabilities=cap_net_bind_service", "ProtectSystem=strict", "PrivateNetwork=yes",
		"Slice=system-kresd.slice")
}

// TestTransientUnitsAreThoseOfTheFiles starts each unit without a file and
// from one with the text of the same unitfile.Unit, and asks systemd what it is.
func TestTransientUnitsAreThoseOfTheFiles(t *testing.T) {
	login(t)
	config := basic + "components: {sleeper: {command: [/bin/sleep, '1000']}}\n"
	if err := sut.WriteFile("/home/"+name+"/my.yaml", []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	names := []string{units.PolicyLoader, units.Worker(1), units.Worker(2), units.CacheGC, "kres-component@sleeper.service"}
	for title, s := range map[string]side{"user": userSide(), "root": rootSide()} {
		t.Run(title, func(t *testing.T) {
			p := begin(t, s.command(s.manager...))
			p.endAtCleanup(t, s.command, s.ctl...)
			p.ready(t)
			expect(t, 5300, "host.example.", "192.0.2.1")
			if err := p.signal(t, "TERM"); err != nil {
				t.Fatalf("the manager ends with %v\n%s", err, &p.out)
			}
			expect(t, 5300, "host.example.", "192.0.2.1") // workers go on
			shown := map[string]string{}
			for _, unit := range names {
				shown[unit] = s.show(t, unit)
			}
			for _, line := range settings(s.place.User) {
				if all := strings.Join(slices.Collect(maps.Values(shown)), ""); !strings.Contains(all, "\n"+line+"\n") {
					t.Errorf("no unit has %s", line)
				}
			}
			// One stop for all of them.
			s.systemctl(t, "stop", s.place.Slice())
			for _, unit := range names {
				if got := s.systemctl(t, "show", "-P", "LoadState", unit); got != "not-found\n" {
					t.Errorf("%s is still %s", unit, got)
				}
			}

			for _, unit := range names {
				u, err := s.place.Unit(unit)
				if err != nil {
					t.Fatal(err)
				}
				path := s.files + "/" + unit
				if err := sut.WriteFile(path, []byte(u.Text()), 0o644); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = sut.Remove(path) })
			}
			s.systemctl(t, "daemon-reload")
			for _, unit := range names {
				s.systemctl(t, "start", unit)
			}
			expect(t, 5300, "host.example.", "192.0.2.1")
			for _, unit := range names {
				if diff := cmp.Diff(strings.Split(s.show(t, unit), "\n"), strings.Split(shown[unit], "\n")); diff != "" {
					t.Errorf("%s from its file (-) and transient (+):\n%s", unit, diff)
				}
			}
			s.systemctl(t, append([]string{"stop"}, names...)...)
			for _, unit := range names {
				_ = sut.Remove(s.files + "/" + unit)
			}
			s.systemctl(t, "daemon-reload")
		})
	}
}
