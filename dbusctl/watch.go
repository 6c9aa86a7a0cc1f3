// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

const (
	// A connection that cannot be made, or that breaks again at once, is tried
	// after minBackOff, then after twice that, and so on up to maxBackOff.
	minBackOff = 100 * time.Millisecond
	maxBackOff = 5 * time.Second

	// gatherTime is how long signals are gathered after the first: a restart
	// is a dozen changes of one unit.
	gatherTime = 20 * time.Millisecond

	// subscribeInterval is how often systemd is asked whether it still knows
	// that someone listens. Each snapshot asks that, too.
	subscribeInterval = 10 * time.Minute

	// maxRules is how many units have a match rule of their own. A bus gives a
	// connection some hundred.
	maxRules = 200

	alreadySubscribed = systemdName + ".AlreadySubscribed"
)

// Watch calls changed with the name of a unit of ours whose state may have
// changed, until the context ends: workers, canary, policy-loader, garbage
// collector, components, kresd.target. It calls changed("") when any of them
// may have: when the connection has been made, now or anew, when systemd has
// reloaded its units or moved to another bus name, or when more changed than
// can be told apart. It is a hint and not the state: observe the unit to know
// it. Several changes of one unit may be one call. Calls are made one after
// another; one that takes long loses none.
//
// Watch has a connection of its own, so that nothing that happens to units can
// break the one that jobs are waited for on. Snapshots are taken on it, too: what
// it was told of need not be read again. One Watch runs at a time.
func (c *Client) Watch(ctx context.Context, changed func(unit string)) {
	for wait := minBackOff; ctx.Err() == nil; wait = min(2*wait, maxBackOff) {
		began := time.Now()
		w, err := dialWatch(ctx, c.Address, cmp.Or(c.answer, dialTime))
		if err == nil {
			c.learned(ctx, nil)
			w.asked.answer = cmp.Or(c.answer, answerTime)
			c.watch.Store(w)
			err = w.run(ctx, changed)
			c.watch.Store(nil)
			w.bus.Close()
		}
		if isSilence(err) {
			c.learned(ctx, err)
		}
		if time.Since(began) > maxBackOff {
			wait = minBackOff
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// watch is one connection that is listened on.
type watch struct {
	bus   *dbus.Conn
	hints *hints
	rules map[string]bool // units with a match rule
	broad bool            // one rule for all units, because there are too many

	memory *memory
	asked  *conn // the same connection, for snapshots
}

// dialWatch makes a connection and has all signals arranged for before anything
// is looked at.
func dialWatch(ctx context.Context, address string, patience time.Duration) (*watch, error) {
	ctx, cancel := withDeadline(ctx, patience)
	defer cancel()
	memory := newMemory()
	w := &watch{hints: newHints(memory), rules: map[string]bool{}, memory: memory}
	var err error
	if w.bus, err = connect(ctx, address, w.hints); err != nil {
		return nil, err
	}
	w.asked = &conn{bus: w.bus, clock: time.Now, reading: make(chan struct{}, 1), memory: memory, missed: w.hints.everything}
	if err := w.listen(ctx); err != nil {
		w.bus.Close()
		return nil, silent(ctx, err)
	}
	return w, nil
}

func (w *watch) listen(ctx context.Context) error {
	epoch := w.memory.now()
	owner, err := arrange(ctx, w.bus, ownerRule, managerRule("UnitNew"), managerRule("Reloading"), managerRule("UnitFilesChanged"))
	if err != nil {
		return err
	}
	w.hints.began(owner)
	for _, unit := range []string{units.Target, units.PolicyLoader, units.CacheGC, units.Canary} {
		if err := w.follow(ctx, unit); err != nil {
			return err
		}
	}
	_, err = w.survey(ctx)
	if err == nil {
		w.memory.trust(epoch)
	}
	return err
}

// subscribe has systemd send signals; known means that it was going to.
func subscribe(ctx context.Context, bus *dbus.Conn) (known bool, err error) {
	return subscribed(bus.Object(systemdName, systemdPath).CallWithContext(ctx, managerIface+".Subscribe", 0).Err)
}

// subscribed reads what came of it.
func subscribed(answer error) (known bool, err error) {
	var de dbus.Error
	if errors.As(answer, &de) && de.Name == alreadySubscribed {
		return true, nil
	}
	return false, answer
}

// follow adds the match rule of a unit. Its changes come as signals of two
// interfaces at the same time; one is enough.
func (w *watch) follow(ctx context.Context, unit string) error {
	if w.broad || w.rules[unit] {
		return nil
	}
	where := dbus.WithMatchObjectPath(unitPath(unit))
	if len(w.rules) >= maxRules {
		w.broad = true
		where = dbus.WithMatchPathNamespace(unitsPath)
	}
	w.rules[unit] = true
	err := w.bus.AddMatchSignalContext(ctx,
		dbus.WithMatchSender(systemdName),
		where,
		dbus.WithMatchInterface(busName+".Properties"),
		dbus.WithMatchMember("PropertiesChanged"), // of a unit, and of a service, which has how it ended
	)
	if err == nil {
		w.memory.rule(unit, w.broad)
	}
	return err
}

// survey follows all units of ours that systemd has read in, and returns those
// that are not simply inactive. It makes systemd read in none: to ask for a
// unit that does not exist would be the next signal about it.
func (w *watch) survey(ctx context.Context) (awake map[string]bool, err error) {
	var rows []listed
	err = w.bus.Object(systemdName, systemdPath).CallWithContext(ctx, managerIface+".ListUnitsByPatterns", 0,
		[]string{}, watched()).Store(&rows)
	if err != nil {
		return nil, err
	}
	awake = map[string]bool{}
	before := len(w.rules)
	for _, r := range rows {
		if !ours(r.Name) {
			continue
		}
		if err := w.follow(ctx, r.Name); err != nil {
			return nil, err
		}
		awake[r.Name] = r.Active != "inactive" || r.JobID != 0
	}
	if len(w.rules) == before {
		return awake, nil
	}
	// What happened to a unit before its rule was there was not told.
	return w.survey(ctx)
}

// run passes on hints until the context ends, the connection breaks or systemd
// does not answer, which is the error.
func (w *watch) run(ctx context.Context, changed func(unit string)) error {
	changed("")
	tick := time.NewTicker(subscribeInterval)
	defer tick.Stop()
	for {
		var h hinted
		select {
		case <-ctx.Done():
			return nil
		case <-w.bus.Context().Done():
			return nil
		case <-tick.C:
			h.renewed = true
		case <-w.hints.wake:
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(gatherTime):
			}
			h = w.hints.take()
		}
		all, dirty, err := w.look(ctx, h)
		switch {
		case err != nil:
			return nil
		case all:
			changed("")
		default:
			for _, unit := range dirty {
				changed(unit)
			}
		}
	}
}

// look turns hints into names, sorted.
func (w *watch) look(ctx context.Context, h hinted) (all bool, dirty []string, err error) {
	ctx, cancel := withDeadline(ctx, answerTime)
	defer cancel()
	defer func() { err = silent(ctx, err) }()
	all = h.all
	epoch := w.memory.now()
	if h.renewed {
		known, err := subscribe(ctx, w.bus)
		if err != nil {
			return false, nil, fmt.Errorf("cannot subscribe: %w", err)
		}
		if !known { // nothing was told for a while
			all = true
			w.memory.forget()
		}
	}
	if all || len(h.loaded) > 0 {
		awake, err := w.survey(ctx)
		if err != nil {
			return false, nil, fmt.Errorf("cannot list units: %w", err)
		}
		for unit := range h.loaded {
			if awake[unit] {
				h.changed[unit] = struct{}{}
			}
		}
	}
	if h.renewed {
		w.memory.trust(epoch)
	}
	return all, slices.Sorted(maps.Keys(h.changed)), nil
}
