// SPDX-License-Identifier: Apache-2.0

// Package contract says what must hold of every change, whatever carries it
// out: the same suite is run on a systemd in memory and on a real one.
//
// After a change the live system is what the configuration wants, and planning
// it again finds nothing to do. After a change that failed at any step, the live
// system is what it was.
package contract

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// System is a manager and what it manages.
type System interface {
	// Put replaces the running configuration, given as JSON.
	Put(t *testing.T, doc string) (units.Report, error)
	// Plan is what Put would do.
	Plan(t *testing.T, doc string) units.Plan
	// Live is what runs: for each unit that does, what it announces or, if it
	// announces nothing, its command line, and its CPU weight if one is set.
	Live(t *testing.T) map[string]string
	// Fail has the next start of a unit fail, once.
	Fail(t *testing.T, unit string, kind units.Kind)
	// Settle waits until nothing happens by itself any more.
	Settle(t *testing.T)
}

// Run changes a system from one configuration to another, rounds times, as the
// seed will have it. Every other change is made to fail first.
func Run(t *testing.T, s System, seed uint64, rounds int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	for range rounds {
		doc := configuration(r)
		if r.IntN(2) == 0 {
			fails(t, s, r, doc)
		}
		succeeds(t, s, doc)
		if t.Failed() {
			t.Logf("seed %d, configuration %s", seed, doc)
			return
		}
	}
}

// succeeds makes a change.
func succeeds(t *testing.T, s System, doc string) {
	t.Helper()
	planned := s.Plan(t, doc)
	report, err := s.Put(t, doc)
	if err != nil {
		t.Errorf("the change fails: %v", err)
		return
	}
	if diff := cmp.Diff(planned, report.Plan); diff != "" {
		t.Errorf("what was planned (-) and what was done (+):\n%s", diff)
	}
	s.Settle(t)
	if diff := cmp.Diff(wanted(t, doc), running(s.Live(t))); diff != "" {
		t.Errorf("what should run (-) and what does (+):\n%s", diff)
	}
	if again := s.Plan(t, doc); !again.Empty() {
		t.Errorf("there is something left to do: %s", again)
	}
}

// fails makes a change of which one step fails, if it has a step that can.
func fails(t *testing.T, s System, r *rand.Rand, doc string) {
	t.Helper()
	plan := s.Plan(t, doc)
	var can []units.Step
	for _, step := range plan.Steps {
		switch step.Kind {
		case units.Try, units.Load, units.Start, units.Restart:
			can = append(can, step)
		}
	}
	if len(can) == 0 {
		return
	}
	step := can[r.IntN(len(can))]
	before := s.Live(t)
	s.Fail(t, step.Unit, step.Kind)
	report, err := s.Put(t, doc)
	if err == nil {
		t.Errorf("the change succeeds though step %d (%s %s) fails\n%s", step.N, step.Kind, step.Unit, report.Plan)
	}
	s.Settle(t)
	if diff := cmp.Diff(before, s.Live(t)); diff != "" {
		t.Errorf("what ran before step %d (%s %s) failed (-) and what runs (+):\n%s\n%s", step.N, step.Kind, step.Unit, diff, plan)
	}
}

// model is the part of a configuration that the suite changes.
type model struct {
	Workers    int                  `json:"workers"`
	NSID       string               `json:"nsid,omitempty"`
	LocalData  map[string]any       `json:"local-data"`
	Cache      map[string]any       `json:"cache,omitempty"`
	Systemd    map[string]any       `json:"systemd"`
	Components map[string]component `json:"components,omitempty"`
	DNSSEC     map[string]any       `json:"dnssec"`
	Options    map[string]any       `json:"options"`
	Network    map[string]any       `json:"network"`
}

type component struct {
	Command  []string `json:"command"`
	Priority int      `json:"priority"`
}

// configuration makes one up.
func configuration(r *rand.Rand) string {
	m := model{
		Workers:   1 + r.IntN(4),
		NSID:      []string{"", "one", "two"}[r.IntN(3)],
		LocalData: map[string]any{"addresses": map[string]string{"host.example": fmt.Sprintf("192.0.2.%d", 1+r.IntN(3))}},
		Cache:     map[string]any{"garbage-collector": map[string]any{"release": 10 + 10*r.IntN(2), "enable": r.IntN(5) > 0}},
		Systemd:   map[string]any{"roll-budget": 1 + r.IntN(3)},
		// No one else is asked.
		DNSSEC:  map[string]any{"enable": false},
		Options: map[string]any{"priming": false},
		Network: map[string]any{"listen": []any{map[string]any{"interface": "127.0.0.1"}}},
	}
	if r.IntN(2) == 0 {
		m.Systemd["cpu-weight"] = 200 + r.IntN(2)
	}
	for _, name := range []string{"early", "middle", "late"} {
		if r.IntN(3) == 0 {
			if m.Components == nil {
				m.Components = map[string]component{}
			}
			m.Components[name] = component{
				Command:  []string{"/bin/sleep", strconv.Itoa(1000 + r.IntN(2))},
				Priority: map[string]int{"early": 300, "middle": 150, "late": 50}[name],
			}
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("contract: strings and numbers do not encode: %v", err))
	}
	return string(b)
}

// wanted are the units that a configuration wants to run. All of a kind run the
// same, which is given as that kind.
func wanted(t *testing.T, doc string) map[string]string {
	t.Helper()
	var m model
	if err := json.Unmarshal([]byte(doc), &m); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{units.PolicyLoader: "policy-loader"}
	for n := 1; n <= m.Workers; n++ {
		all[units.Worker(n)] = "worker"
	}
	if gc := m.Cache["garbage-collector"].(map[string]any); gc["enable"] == true {
		all[units.CacheGC] = "cache-gc"
	}
	for name := range m.Components {
		all[units.Component{Name: name}.Unit()] = "component"
	}
	return all
}

// running turns what runs into the terms of wanted. A worker that runs something
// else than the first is another kind.
func running(live map[string]string) map[string]string {
	all := map[string]string{}
	for unit, announced := range live {
		role, _ := units.RoleOf(unit)
		all[unit] = string(role)
		if role == units.RoleWorker && announced != live[units.Worker(1)] {
			all[unit] = "worker with " + announced
		}
	}
	return all
}
