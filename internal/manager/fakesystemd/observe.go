// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"kresd-manager/units"
)

// Observe takes a snapshot of the units that are loaded.
func (s *Systemd) Observe(ctx context.Context, scope units.Scope) (units.Live, error) {
	_, end, err := s.call(ctx, "observe", "")
	defer end()
	if err != nil {
		return units.Live{}, err
	}
	live := s.Live()
	maps.DeleteFunc(live.Units, func(_ string, o units.Observed) bool { return o.ActiveState == "inactive" }) // unloaded at once
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range scope.Units {
		live.Units[name] = s.unitLocked(name).o
	}
	if !scope.Limits.None() {
		live.Limits = s.limitsLocked(live)
		for name, l := range live.Limits {
			for _, p := range units.LimitProperties {
				if *p.Of(&scope.Limits) == 0 {
					*p.Of(&l) = units.Unlimited
				}
			}
			live.Limits[name] = l
		}
		maps.DeleteFunc(live.Limits, func(name string, _ units.Limits) bool {
			_, there := live.Units[name]
			return !there && !scope.Lifted
		})
	}
	return live, nil
}

// Live is Observe for tests: nothing goes wrong.
func (s *Systemd) Live() units.Live {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := units.Live{Units: map[string]units.Observed{}, Target: s.unitLocked(units.Target).o}
	for name, u := range s.units {
		_, ours := units.RoleOf(name)
		if ours && (u.o.ActiveState != "inactive" || u.o.LoadState == "masked") {
			live.Units[name] = u.o
		}
	}
	return live
}

// ObserveUnit is Observe for one unit.
func (s *Systemd) ObserveUnit(ctx context.Context, name string) (units.Observed, error) {
	_, end, err := s.call(ctx, "observe-unit", name)
	defer end()
	if err != nil {
		return units.Observed{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.unitLocked(name).o
	if name == units.Manager {
		o.JobType = s.ending
	}
	return o, nil
}

// EndingManager is the job of the manager's own unit that ends it: "stop", "restart",
// "" for none.
func (s *Systemd) EndingManager(job string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = job
}

// ActiveState returns that of a unit.
func (s *Systemd) ActiveState(ctx context.Context, name string) (string, error) {
	if name != units.Stock {
		o, err := s.ObserveUnit(ctx, name)
		return o.ActiveState, err
	}
	_, end, err := s.call(ctx, "stock", "")
	defer end()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stock, err
}

// Journal returns the last lines of one run of a unit.
func (s *Systemd) Journal(_ context.Context, run units.LogRun, lines int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.journal[run.Invocation]
	return all[max(0, len(all)-lines):]
}

// Probe asks a worker for an answer.
func (s *Systemd) Probe(ctx context.Context, instance string) error {
	return s.control(ctx, "probe", instance, func(*unit) {})
}

// RenewCertificate has a worker read its certificate again.
func (s *Systemd) RenewCertificate(ctx context.Context, instance, cert, key string) error {
	return s.control(ctx, "renew-certificate", instance, func(*unit) {})
}

// ResetRules has a worker look at the rules in force.
func (s *Systemd) ResetRules(ctx context.Context, instance string) error {
	return s.control(ctx, "reset-rules", instance, func(u *unit) { u.sees = s.rules })
}

// control is one command on the control socket of a worker.
func (s *Systemd) control(ctx context.Context, verb, instance string, run func(*unit)) error {
	name := "kresd@" + instance + ".service"
	f, end, err := s.call(ctx, verb, name)
	defer end()
	if err != nil {
		return err
	}
	s.mu.Lock()
	if u := s.units[name]; u != nil && u.frozen {
		s.mu.Unlock()
		<-ctx.Done()
		return fmt.Errorf("cannot reach the worker: %w", ctx.Err())
	}
	defer s.mu.Unlock()
	u := s.units[name]
	switch {
	case u == nil || u.o.MainPID == 0:
		return errors.New("cannot reach the worker: connection refused")
	case f != None:
		return errors.New("the worker does not answer")
	}
	run(u)
	return nil
}

// Rules returns the rules that a worker answers with, which is their hash.
func (s *Systemd) Rules(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.units[name]; u != nil {
		return u.sees
	}
	return ""
}
