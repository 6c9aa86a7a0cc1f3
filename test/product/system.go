// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/units"
)

// System is a machine with the product in it, as the tests of a package share
// it one after another. What its methods cannot do fails the test.
type System struct {
	*machine.Machine
	// Layer is the installed product, for machines of a test's own.
	Layer string
	// wiped is when the system was wiped last.
	wiped   time.Time
	telling *testing.T // has the journal told if it fails
}

// Main is for TestMain: it installs the product, boots a machine of the given
// name with a configuration in place, fills in the system, runs the tests, and
// returns the exit code.
func Main(m *testing.M, name, config string, s *System) int {
	dir, err := os.MkdirTemp("", "kresd-manager-"+name+"-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	s.Layer, err = Install(context.Background(), dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	opts := Options(s.Layer, config)
	opts.Name = name
	return machine.Main(m, opts, &s.Machine)
}

// Fresh stops everything, forgets everything, and starts the manager on a
// configuration file.
func (s *System) Fresh(t *testing.T, config string) {
	t.Helper()
	s.Wipe(t)
	s.WriteConfig(t, config)
	if r := s.Exec(t, "systemctl", "start", "kresd-manager.service"); r.Code != 0 {
		t.Fatalf("cannot start the manager: %s%s", r.Stderr, s.Journal(t.Context(), "kresd-manager.service"))
	}
	s.allStarted(t)
}

// allStarted waits for what a start does after workers serve: of it systemctl knows nothing.
// A manager that listens elsewhere is not asked.
func (s *System) allStarted(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		a, err := s.Request(ctx, "GET", "/v1/status", "")
		var st units.Status
		if ctx.Err() == nil && (err != nil || json.Unmarshal([]byte(a.Body), &st) != nil || st.State != "applying") {
			return
		}
	}
	t.Fatalf("after %s the manager still starts: %s", patience, s.Journal(t.Context(), "kresd-manager.service"))
}

// journalLines is how much of the journal a failed test tells.
const journalLines = 200

// tell has told what the test cost, and the journal if it fails, since the system was wiped
// for it. At the end of all tests it would be that of others.
func (s *System) tell(t *testing.T) {
	if s.telling == t {
		return
	}
	s.telling = t
	before, _ := s.CPU()
	t.Cleanup(func() {
		if after, err := s.CPU(); err == nil {
			t.Logf("%.1f s of CPU in the machine", (after - before).Seconds())
		}
		if !t.Failed() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		lines := strings.SplitAfter(s.Journal(ctx), "\n")
		t.Logf("the end of the journal:\n%s", strings.Join(lines[max(0, len(lines)-journalLines):], ""))
	})
}

// Wipe leaves the product installed and nothing of it running or kept.
func (s *System) Wipe(t *testing.T) {
	t.Helper()
	s.wiped = time.Now()
	s.tell(t)
	r := s.Sh(t.Context(), `
		systemctl stop kresd-manager.socket kresd-manager.service # which would bring back what stops
		systemctl kill --signal=KILL 'kresd@*.service' || true # to drain each takes longer; one may be gone by now
		systemctl stop kresd.target 'kresd-*.target' 'kresd@*.service' 'kres-component@*.service' kres-gc kres-policy-loader
		systemctl reset-failed
		rm -rf /run/kresd-manager /run/kresd-manager.rundir /run/knot-resolver /var/lib/kresd-manager /var/lib/kres-policy-loader /var/cache/knot-resolver
		for d in /run/systemd/system.control/kresd@*.service.d /run/systemd/generator/kresd.target.wants; do
			[ ! -e "$d" ] || reload=1
		done
		rm -rf /run/systemd/system.control/kresd@*.service.d # limits that were set while they ran
		[ -z "$reload" ] || systemctl daemon-reload
		systemd-tmpfiles --create kresd-manager.conf`)
	if r.Code != 0 {
		t.Fatalf("cannot tidy up: %s", r.Stderr)
	}
}

// Journal returns what units have said since the system was wiped: what they said to
// an earlier test proves nothing. What they have said by now is in it.
func (s *System) Journal(ctx context.Context, units ...string) string {
	s.Run(ctx, machine.Cmd{Args: []string{"journalctl", "--sync"}})
	return s.JournalSince(ctx, s.wiped, units...)
}

// WriteConfig replaces the configuration file.
func (s *System) WriteConfig(t *testing.T, config string) {
	t.Helper()
	if err := s.WriteFile(ConfigFile, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Exec runs a command inside as root.
func (s *System) Exec(t *testing.T, args ...string) machine.Result {
	t.Helper()
	return s.Run(t.Context(), machine.Cmd{Args: args})
}

// Must is Exec for a command that has to succeed; it returns the output.
func (s *System) Must(t *testing.T, args ...string) string {
	t.Helper()
	r := s.Exec(t, args...)
	if r.Code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// Show returns one property of a unit.
func (s *System) Show(t *testing.T, unit, property string) string {
	t.Helper()
	if value, ok := s.Unit(t.Context(), unit, property)[property]; ok {
		return value
	}
	return strings.TrimSpace(s.Must(t, "systemctl", "show", "-p", property, "--value", unit)) // none, or the reason
}

// PIDs returns the main processes of the running units, by unit.
func (s *System) PIDs(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, values := range s.Units(t.Context(), []string{"kresd@*.service", "kres-component@*.service", "kres-gc.service"}, "MainPID") {
		if n, err := strconv.Atoi(values["MainPID"]); err == nil && n > 0 {
			found[values["Id"]] = n
		}
	}
	return found
}

// patience is how long something may take on a busy machine.
const patience = time.Minute

// Eventually waits for a condition. It looks less often the longer it has waited: a look
// costs what a command costs, and tests of other machines run beside.
func Eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	const often, seldom = 20 * time.Millisecond, 200 * time.Millisecond
	for began := time.Now(); time.Since(began) < patience; time.Sleep(min(max(time.Since(began)/20, often), seldom)) {
		if f() {
			return
		}
	}
	t.Fatalf("did not happen within %s: %s", patience, what)
}
