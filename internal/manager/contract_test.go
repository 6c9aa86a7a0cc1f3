// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/test/contract"
	"kresd-manager/units"
)

// inMemory is a manager on a systemd in memory.
type inMemory struct {
	w *world
	p *process
}

// whole is a request to replace everything but what the world needs.
func (s *inMemory) whole(t *testing.T, doc string) units.Change {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(doc), &m); err != nil {
		t.Fatal(err)
	}
	m["rundir"] = s.w.dir + "/run"
	m["management"] = map[string]any{"unix-socket": s.w.dir + "/api.sock"}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return units.Change{
		Cause: "PUT",
		Edit:  func(*config.Document) (*config.Document, error) { return config.Parse("", b) },
	}
}

func (s *inMemory) Put(t *testing.T, doc string) (units.Report, error) {
	return s.p.Change(t.Context(), s.whole(t, doc))
}

func (s *inMemory) Plan(t *testing.T, doc string) units.Plan {
	t.Helper()
	c := s.whole(t, doc)
	c.DryRun = true
	r, err := s.p.Change(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r.Plan
}

func (s *inMemory) Live(*testing.T) map[string]string {
	live := map[string]string{}
	for name, o := range s.w.sys.Live().Units {
		live[name] = o.StatusText
		if o.StatusText == "" {
			live[name] = strings.Join(o.Args, " ")
		}
		if o.ActiveState != "active" {
			live[name] = o.ActiveState
		}
		if l, set := s.w.sys.LimitsSet()[name]; set && l.CPUWeight != units.Unlimited {
			live[name] += fmt.Sprintf(" weight %d", l.CPUWeight)
		}
	}
	return live
}

func (s *inMemory) Fail(_ *testing.T, unit string, kind units.Kind) {
	verb := map[units.Kind]string{units.Try: "start", units.Load: "restart", units.Start: "start", units.Restart: "restart"}[kind]
	s.w.sys.Script(verb+" "+unit, fakesystemd.Fails)
}

func (s *inMemory) Settle(*testing.T) { synctest.Wait() }

func TestContract(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, basic)
			contract.Run(t, &inMemory{w, w.start()}, seed, 6)
		})
	}
}
