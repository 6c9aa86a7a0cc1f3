// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/test/product"
)

// broken is a file that no manager takes.
const broken = "workers: [\n"

// knock asks for metrics twice a second until the test ends.
func knock(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var loop sync.WaitGroup
	t.Cleanup(func() { cancel(); loop.Wait() })
	loop.Go(func() {
		for ctx.Err() == nil {
			one, end := context.WithTimeout(ctx, 5*time.Second)
			_, _ = sut.Request(one, "GET", "/metrics/prometheus", "")
			end()
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
	})
}

// corrected writes a good file that says something new, restarts the manager, and
// expects that to be the way out.
func corrected(t *testing.T, n int) {
	t.Helper()
	address := fmt.Sprintf("192.0.2.%d", 100+n)
	sut.WriteConfig(t, strings.Replace(basic, "192.0.2.1", address, 1))
	if r := sut.Exec(t, "systemctl", "restart", "kresd-manager.service"); r.Code != 0 {
		t.Errorf("the way out is closed: %s\n%s\n%s", r.Stderr, sut.Journal(t.Context(), "kresd-manager.service", "kresd-manager.socket"),
			sut.Exec(t, "ls", "-lAR", "/run/kresd-manager", "/run/knot-resolver").Stdout)
		return
	}
	product.Eventually(t, "all is well", func() bool {
		a, err := sut.Request(t.Context(), "GET", "/v1/status", "")
		return err == nil && a.Code == 200 && strings.Contains(a.Body, `"state":"running"`)
	})
	for range 8 { // whichever worker answers
		sut.Expect(t, "host.example.", address)
	}
}

// fewStarts has the start limit of workers reached after 5 starts in place of 60.
func fewStarts(t *testing.T) {
	t.Helper()
	const dir = "/run/systemd/system/kresd@.service.d"
	sut.Must(t, "sh", "-ec", "mkdir -p "+dir+"; printf '[Unit]\nStartLimitBurst=5\n' >"+dir+"/10-few.conf; systemctl daemon-reload")
	tidy(t, "rm -r "+dir+"; systemctl daemon-reload")
}

// TestTheWayOutIsOpen puts the files and units into states that an administrator
// can make by hand. From each, to correct the file and to restart the manager is
// the way out.
func TestTheWayOutIsOpen(t *testing.T) {
	// Something wrong in one of the two directories of the manager.
	garbage := func(dir, text string) string {
		return fmt.Sprintf(`find %s -type f | while read -r f; do printf '%s' >"$f"; done`, dir, text)
	}
	mask := func(unit string) [2]string {
		return [2]string{"systemctl mask --now " + unit + "; systemctl restart kresd-manager", "systemctl unmask " + unit}
	}
	const startLimit, noHistory = "workers in the start limit", "a file for the history"
	// A restart of the manager starts nothing that was stopped as a whole.
	const again = "systemctl --no-block start kresd.target"
	ways := map[string][2]string{
		"a broken file, and many tries": {"for i in $(seq 30); do systemctl restart kresd-manager; done"},
		"no file":                       {"rm /etc/knot-resolver/config.yaml; systemctl restart kresd-manager"},
		"a file that is closed":         {"chmod 0 /etc/knot-resolver/config.yaml; systemctl restart kresd-manager", "chmod 644 /etc/knot-resolver/config.yaml"},
		"the manager was killed":        {"systemctl kill -s KILL kresd-manager; systemctl stop kresd-manager"},

		"empty files in run":               {garbage("/run/kresd-manager", "")},
		"garbage in run":                   {garbage("/run/kresd-manager", "\\377{[")},
		"a newer version in run":           {garbage("/run/kresd-manager", `{"format":99,"document":[7]}`)},
		"a newer version in var":           {garbage("/var/lib/kresd-manager", `{"format":99,"document":[7]}`)},
		"garbage in var":                   {garbage("/var/lib/kresd-manager", "\\377{[")},
		"garbage in run, manager stopped":  {"systemctl stop kresd-manager.socket kresd-manager;" + garbage("/run/kresd-manager", "\\377{[")},
		"garbage in var, everything ended": {"systemctl stop kresd-manager.socket kresd-manager kresd.target;" + garbage("/var/lib/kresd-manager", "\\377{[")},

		"links removed":                          {"find /run/kresd-manager /var/lib/kresd-manager -type l -delete"},
		"links to nothing":                       {"for l in $(find /run/kresd-manager /var/lib/kresd-manager -type l); do ln -sfn generations/gone $l; done"},
		"generations removed":                    {"rm -rf /run/kresd-manager/generations /var/lib/kresd-manager/generations"},
		"a file for the generations":             {"rm -rf /run/kresd-manager/generations && touch /run/kresd-manager/generations"},
		"history removed":                        {"rm -rf /var/lib/kresd-manager/history"},
		noHistory:                                {"rm -rf /var/lib/kresd-manager/history && touch /var/lib/kresd-manager/history"},
		"lock removed":                           {"rm /run/knot-resolver/.lock"},
		"the manager's directory removed":        {"rm -rf /run/kresd-manager"},
		"the state directory removed":            {"rm -rf /var/lib/kresd-manager"},
		"the cache removed":                      {"rm -rf /var/cache/knot-resolver/*"},
		"root's own files":                       {"chown -R root:root /run/kresd-manager /var/lib/kresd-manager"},
		"the API socket removed":                 {"rm -f /run/knot-resolver/kres-api.sock"},
		"the target stopped":                     {"systemctl stop kresd.target", again},
		"the socket stopped":                     {"systemctl stop kresd-manager.socket"},
		"everything stopped":                     {"kresctl stop"},
		startLimit:                               {"for i in $(seq 8); do systemctl kill -s KILL kresd@1; systemctl restart kresd@1; done"},
		"workers masked":                         mask("kresd@1 kresd@2"),
		"loader masked":                          mask("kres-policy-loader"),
		"loader and collector masked":            mask("kres-policy-loader kres-gc"),
		"socket masked":                          mask("kresd-manager.socket"),
		"target masked":                          {"systemctl mask --now kresd.target; systemctl restart kresd-manager", "systemctl unmask kresd.target; " + again},
		"run directory's unit masked":            mask("kresd-rundir"),
		"manager masked":                         mask("kresd-manager"),
		"a full run":                             {"fallocate -l $(df --output=avail -B1 /run | tail -1) /run/full || dd if=/dev/zero of=/run/full bs=1M; systemctl restart kresd-manager", "rm /run/full"},
		"a full run, and the manager was killed": {"fallocate -l $(df --output=avail -B1 /run | tail -1) /run/full || dd if=/dev/zero of=/run/full bs=1M; systemctl kill -s KILL kresd-manager; sleep 1", "rm /run/full"},
	}
	// Each begins where the way out of the one before has led, unless that failed.
	led := false
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		by := ways[name]
		well := t.Run(name, func(t *testing.T) {
			if !led {
				sut.Fresh(t, basic)
			}
			switch name {
			case startLimit:
				fewStarts(t)
			case noHistory: // serves, and says so for as long as it is there
				tidy(t, "rm /var/lib/kresd-manager/history")
			}
			t.Run("good", func(t *testing.T) {
				sut.Sh(t.Context(), by[0])
				sut.Sh(t.Context(), by[1])
				corrected(t, 1)
			})
			t.Run("broken", func(t *testing.T) { // from where the way out has led
				sut.WriteConfig(t, broken)
				sut.Sh(t.Context(), by[0])
				sut.Exec(t, "systemctl", "restart", "kresd-manager")
				sut.Sh(t.Context(), by[1])
				corrected(t, 2)
			})
		})
		led = well
	}
}

// TestABrokenFileAndAScraperLockNothing has someone knock at the socket of a
// manager that cannot start.
func TestABrokenFileAndAScraperLockNothing(t *testing.T) {
	sut.Fresh(t, basic)
	knock(t)
	for n := range 3 {
		sut.WriteConfig(t, broken)
		if r := sut.Exec(t, "systemctl", "restart", "kresd-manager.service"); r.Code == 0 {
			t.Error("the manager starts with a broken file")
		}
		since := sut.Must(t, "date", "+%s.%N")
		time.Sleep(12 * time.Second) // what knocks has time to bring everything down
		starts := strings.Count(sut.Must(t, "journalctl", "-o", "cat", "--since=@"+strings.TrimSpace(since), "UNIT=kresd-manager.service"), "Main process exited")
		t.Logf("%d starts; %s", starts, sut.Must(t, "systemctl", "show", "-p", "ActiveState,Result", "kresd-manager.socket", "kresd-manager.service"))
		if starts > 36 {
			t.Errorf("%d starts in 12 s, that no one has asked for", starts)
		}
		sut.Expect(t, "host.example.", map[bool]string{true: "192.0.2.1", false: fmt.Sprintf("192.0.2.%d", 99+n)}[n == 0])
		corrected(t, n)
	}
}
