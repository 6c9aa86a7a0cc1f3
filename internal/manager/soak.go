// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"time"

	"kresd-manager/units"
)

// Times of the wait for a unit to prove itself.
const (
	// A unit is looked at after firstPoll and then after longer and longer
	// times, up to soakPoll.
	firstPoll    = 10 * time.Millisecond
	soakPoll     = 250 * time.Millisecond
	announceTime = 5 * time.Second // until a component has told what it runs
	trial        = units.Trial * time.Second
)

// soak watches a unit that has just been started for a while. It fails as soon
// as the process is another one.
func (m *Manager) soak(ctx context.Context, o units.Observed, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	return m.watchOver(ctx, o, d, func(units.Observed) bool { return false })
}

// tryComponent believes in a component that announces the wanted command, and
// in one that is core or needed when it has stayed up for its trial.
func (m *Manager) tryComponent(ctx context.Context, o units.Observed, want units.Desired) error {
	hash := ""
	for _, c := range want.Components {
		if c.Unit() == o.Name {
			hash = c.Hash
		}
	}
	announced := func(o units.Observed) bool { return o.StatusText == units.ComponentStatus+hash }
	if !announced(o) {
		found := false
		err := m.watchOver(ctx, o, announceTime, func(o units.Observed) bool {
			found = announced(o)
			return found
		})
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("it does not tell that it runs command %s", hash)
		}
	}
	if want.KindOf(o.Name) == units.Dispensable {
		return nil
	}
	return m.soak(ctx, o, trial)
}

// watchOver looks at a unit until enough says so or the time is over.
func (m *Manager) watchOver(ctx context.Context, first units.Observed, d time.Duration, enough func(units.Observed) bool) error {
	ctx, cancel := context.WithTimeout(ctx, d+controlDeadline)
	defer cancel()
	began := time.Now()
	pause := firstPoll
	for left := d; left > 0; left = d - time.Since(began) {
		time.Sleep(min(left, pause))
		pause = min(2*pause, soakPoll)
		o, err := m.o.Systemd.ObserveUnit(ctx, first.Name)
		if err != nil {
			return err
		}
		if o.InvocationID != first.InvocationID || !o.Running() {
			return fmt.Errorf("it started and then ended within %s (%s)", time.Since(began).Round(100*time.Millisecond), o.Result)
		}
		if enough(o) {
			return nil
		}
	}
	return nil
}
