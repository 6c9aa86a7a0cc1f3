// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kresd-manager/test/contract"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// real is the manager on a real systemd.
type real struct{}

func (real) put(t *testing.T, path, doc string) (product.Answer, units.Report) {
	t.Helper()
	a := sut.Call(t, "PUT", path, doc, "Accept", "application/json")
	var r units.Report
	if a.Code == 200 {
		if err := json.Unmarshal([]byte(a.Body), &r); err != nil {
			t.Fatalf("%v in %s", err, a.Body)
		}
	}
	return a, r
}

func (s real) Put(t *testing.T, doc string) (units.Report, error) {
	a, r := s.put(t, "/v1/config", doc)
	if a.Code != 200 {
		return r, errors.New(a.Body)
	}
	return r, nil
}

func (s real) Plan(t *testing.T, doc string) units.Plan {
	t.Helper()
	a, r := s.put(t, "/v1/config?dry-run", doc)
	if a.Code != 200 {
		t.Fatalf("dry run: %d %s", a.Code, a.Body)
	}
	return r.Plan
}

// Live asks systemd, and each worker for what it answers.
func (real) Live(t *testing.T) map[string]string {
	t.Helper()
	var live map[string]string
	// The collector ends and is started again when it likes: a process that has ended has
	// no command line.
	product.Eventually(t, "each unit has a process that says what it runs", func() bool {
		live = map[string]string{}
		out := sut.Must(t, "systemctl", "show", "--all", "-p", "Id,LoadState,ActiveState,StatusText,CPUWeight,MainPID",
			"kresd@*.service", "kres-component@*.service", "kres-gc.service", "kres-policy-loader.service")
		for block := range strings.SplitSeq(out, "\n\n") {
			unit := map[string]string{}
			for line := range strings.Lines(block) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				unit[key] = value
			}
			state := unit["ActiveState"]
			if unit["LoadState"] != "loaded" || state == "inactive" {
				continue
			}
			if state == "active" {
				state = unit["StatusText"]
			}
			if weight := unit["CPUWeight"]; weight != "[not set]" {
				state += " weight " + weight
			}
			if state == "" {
				line, err := sut.ReadFile("/proc/" + unit["MainPID"] + "/cmdline")
				if err != nil || len(line) == 0 {
					return false
				}
				state = strings.ReplaceAll(string(line), "\x00", " ")
			}
			live[unit["Id"]] = state
		}
		return true
	})
	sut.Expect(t, "localhost.", "127.0.0.1")
	return live
}

// Fail makes a unit fail once, before its process is even started.
func (real) Fail(t *testing.T, unit string, _ units.Kind) {
	t.Helper()
	sut.Must(t, "touch", "/run/fail-"+unit)
}

func (real) Settle(t *testing.T) {
	t.Helper()
	product.Eventually(t, "all is well", func() bool { return sut.Status(t).State == "running" })
}

// TestContract makes changes up, and steps of them fail.
func TestContract(t *testing.T) {
	sut.Wipe(t)
	const once = "[Service]\nExecStartPre=+/bin/sh -c 'if test -e /run/fail-%n; then rm /run/fail-%n; exit 1; fi'\n"
	templates := []string{"kresd@.service", "kres-component@.service", "kres-gc.service", "kres-policy-loader.service"}
	for _, unit := range templates {
		if err := sut.WriteFile(fmt.Sprintf("/run/systemd/system/%s.d/fail.conf", unit), []byte(once), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sut.Must(t, "systemctl", "daemon-reload")
	defer func() {
		for _, unit := range templates {
			sut.Must(t, "rm", "-r", "/run/systemd/system/"+unit+".d")
		}
		sut.Must(t, "systemctl", "daemon-reload")
	}()
	allowLimits(t)
	sut.Fresh(t, basic)
	for seed := range uint64(3) {
		contract.Run(t, real{}, seed, 6)
	}
}
