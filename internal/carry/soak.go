// SPDX-License-Identifier: Apache-2.0

package carry

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
	secondLook   = 2 * firstPoll   // at what has just been seen to run
	trial        = units.Trial * time.Second
)

// soak watches a unit that has just been started for a while. It fails as soon
// as the process is another one.
func (c run) soak(ctx context.Context, o units.Observed, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	return c.watchOver(ctx, o, d, func(units.Observed) bool { return false })
}

// tryComponent believes in a component that announces the wanted command and, if it is
// dispensable, has become it; in one that is core or needed when it has stayed up for
// its trial.
func (c run) tryComponent(ctx context.Context, o units.Observed) error {
	name, _ := units.ComponentName(o.Name)
	hash := ""
	for _, k := range c.want.Components {
		if k.Name == name {
			hash = k.Hash
		}
	}
	dispensable := c.want.KindOf(o.Name) == units.Dispensable
	announced := func(o units.Observed) bool {
		return o.StatusText == units.ComponentStatus+hash && !(dispensable && units.IsStarter(o.Args, name))
	}
	if !announced(o) {
		found := false
		err := c.watchOver(ctx, o, announceTime, func(o units.Observed) bool {
			found = announced(o)
			return found
		})
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("it does not report that it runs command %s", hash)
		}
	}
	if dispensable {
		// It may have ended while it was looked at, and then has no command line.
		return c.soak(ctx, o, secondLook)
	}
	return c.soak(ctx, o, trial)
}

// watchOver looks at a unit until enough says so or the time is over. It is the
// first to end when the plan is canceled.
func (c run) watchOver(ctx context.Context, first units.Observed, d time.Duration, enough func(units.Observed) bool) error {
	ctx, cancel := context.WithTimeout(ctx, d+controlDeadline)
	defer cancel()
	began := time.Now()
	pause := firstPoll
	for left := d; left > 0; left = d - time.Since(began) {
		select {
		case <-time.After(min(left, pause)):
		case <-c.canceled.Done():
			return why(c.canceled)
		}
		pause = min(2*pause, soakPoll)
		o, err := c.Systemd.ObserveUnit(ctx, first.Name)
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
