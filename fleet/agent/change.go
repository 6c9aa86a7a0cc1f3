// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/durable"
)

// Attempts to apply a release, where what comes in between says nothing of it.
const maxAttempts = 3

// permitted asks the store for the change, in one transaction on all that it depends on:
// the record that admits it, what this host has told, and that it counts as there.
func (a *Agent) permitted(ctx context.Context, r rollout.Record, revision int64, s rollout.State) bool {
	a.mu.Lock()
	up, own := a.up, a.own
	told := a.told != nil
	a.mu.Unlock()
	readOnly := a.Store.ReadOnly()
	if readOnly {
		own = 0
	}
	if !readOnly && (!up || !told) || !r.Admits(a.rank(), a.tags(), own) {
		return false
	}
	old := a.mem
	a.mem.State, a.mem.Reason, a.mem.Since = s, "", a.Clock().UTC().Format(time.RFC3339)
	if s == rollout.Applying {
		a.mem.On, a.mem.Tried = true, true
	}
	held, err := a.tellIf(ctx, []store.Condition{{Key: store.Rollout, Revision: revision}})
	if held && err == nil {
		return true
	}
	a.mem = old
	if err != nil {
		a.Log.WarnContext(ctx, "the store was not asked for a start", "error", err)
		return false
	}
	a.look(ctx)
	return false
}

// look reads the record once more: a watch may be behind.
func (a *Agent) look(ctx context.Context) {
	now, err := a.Store.Read(ctx, store.Rollout)
	if err != nil {
		return
	}
	v, there := now.Get(store.Rollout)
	a.mu.Lock()
	newer := v.Revision != a.revision
	a.mu.Unlock()
	if there && newer {
		a.take(v, there)
		a.wake()
	}
	a.lookAtOwn(ctx)
}

// start begins the change to the release, if the record lets it.
func (a *Agent) start(ctx context.Context, r rollout.Record, revision int64) {
	a.tellOnce(ctx)
	a.mu.Lock()
	own := a.own
	a.mu.Unlock()
	if a.Store.ReadOnly() {
		own = 0
	}
	if !r.Admits(a.rank(), a.tags(), own) {
		return
	}
	// What was planned may be old by now.
	doc, etag, err := a.wanted(ctx, a.mem.Target, r.Policy.Enforce)
	if err != nil {
		a.prepare(ctx, r)
		return
	}
	if rolls, err := a.Store.Read(ctx, store.Rolls+a.Host); err != nil || len(rolls.Values) > 0 {
		if err != nil {
			a.unheard++
		}
		if reason := "kres-fleet roll runs on this host"; err == nil && a.mem.Reason != reason {
			a.set(ctx, rollout.Planned, reason)
		}
		return
	}
	if a.Lock != nil {
		if err := a.Lock(ctx, true); err != nil {
			if reason := "waits for the lock: " + err.Error(); a.mem.Reason != reason {
				a.set(ctx, rollout.Planned, reason)
			}
			return
		}
		defer func() {
			if err := a.Lock(context.WithoutCancel(ctx), false); err != nil {
				a.Log.WarnContext(ctx, "the lock is not given back", "error", err)
			}
		}()
	}
	start, err := a.Manager.Read(ctx)
	if err != nil || !a.permitted(ctx, r, revision, rollout.Applying) {
		return
	}
	a.mem.Record = &r
	a.attempt(ctx, doc, etag, start)
}

// attempt applies the release in the place that this host has got.
func (a *Agent) attempt(ctx context.Context, doc *config.Document, etag string, start Reading) {
	r := a.mem.Record
	a.mem.Step = applying
	a.mem.Attempts++
	a.keep(ctx)
	a.Log.InfoContext(ctx, "host is applying", "rollout", r.ID, "state", string(rollout.Applying), "release", r.Release)
	err := a.Manager.Apply(ctx, doc, etag, r.Policy.HostSoak.Duration()+a.Trial, a.comment())
	if a.applied(ctx, err) {
		a.soak(ctx, *r, start)
	}
}

// applied finds out what became of an attempt to apply.
func (a *Agent) applied(ctx context.Context, err error) bool {
	var no *Refusal
	switch {
	case err == nil:
		return true
	case errors.As(err, &no) && (no.Stale || no.Waits) && a.mem.Attempts < maxAttempts:
		a.mem.On, a.mem.Tried, a.mem.Step = false, false, none // nothing has changed
		a.set(ctx, rollout.Blocked, err.Error())
		return false
	case errors.As(err, &no):
		a.mem.On, a.mem.Step = false, none
		a.set(ctx, rollout.Failed, err.Error())
		return false
	}
	// The answer is missing: the manager may have it all the same.
	a.Log.WarnContext(ctx, "the answer of the manager is missing; it is asked what runs", "error", err)
	return false
}

// soak has the release prove itself, and comes to a verdict. The reading is of before the
// change: the workers that the change has started count from zero, and so a soak begins with
// a reading of its own.
func (a *Agent) soak(ctx context.Context, r rollout.Record, start Reading) {
	a.mem.Step = soaking
	a.set(ctx, rollout.HostSoaking, "")
	end := time.Now().Add(r.Policy.HostSoak.Duration())
	begun, err := a.Manager.Read(ctx)
	seen := err == nil
	last := start
	for {
		a.pause(ctx, min(max(time.Until(end), 0), 10*time.Second))
		if ctx.Err() != nil {
			return // the next process goes on, or the manager takes it back
		}
		a.tellOnce(ctx)
		if now, _, _, _, _ := a.seen(); now.ID == r.ID && now.Version >= r.Version && now.Back() {
			a.undo(ctx, rollout.WentBack, "")
			return
		}
		reading, err := a.Manager.Read(ctx)
		if err != nil {
			a.Log.WarnContext(ctx, "the manager does not answer in the soak", "error", err)
			if time.Until(end) <= -a.Trial/2 {
				a.undo(ctx, rollout.Unhealthy, "the manager does not answer: "+err.Error())
				return
			}
			continue
		}
		if last = reading; !seen {
			begun, seen = reading, true
			end = time.Now().Add(r.Policy.HostSoak.Duration()) // nothing was seen of it yet
		}
		if last.Ill != "" || last.Restarts > start.Restarts {
			ill, _ := judge(a.before, start, begun, last, r.Policy)
			a.undo(ctx, rollout.Unhealthy, ill)
			return
		}
		if time.Until(end) <= 0 {
			break
		}
	}
	ill, enough := judge(a.before, start, begun, last, r.Policy)
	switch {
	case ill != "":
		a.undo(ctx, rollout.Unhealthy, ill)
	case !enough && r.Policy.OnInconclusive == rollout.InconclusivePauses:
		a.undo(ctx, rollout.Inconclusive, fmt.Sprintf("fewer than %d queries in %s", r.Policy.MinQueries, r.Policy.HostSoak))
	default:
		a.confirm(ctx)
	}
}

// undo takes the change back that waits.
func (a *Agent) undo(ctx context.Context, s rollout.State, reason string) {
	if err := a.Manager.Undo(ctx, a.comment()); err != nil {
		a.Log.ErrorContext(ctx, "the change is not taken back; the manager does so in time", "error", err)
	}
	a.mem.On, a.mem.Step = false, none
	a.set(ctx, s, reason)
}

// confirm keeps the change.
func (a *Agent) confirm(ctx context.Context) {
	a.mem.Step = confirming
	a.keep(ctx)
	err := a.Manager.Confirm(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "the change is not confirmed; it is looked what runs", "error", err)
		return
	}
	a.finish(ctx)
}

// finish puts what has proved good into the file.
func (a *Agent) finish(ctx context.Context) {
	a.mem.Step = writing
	a.keep(ctx)
	if err := a.write(a.mem.Target); err != nil {
		a.Log.ErrorContext(ctx, "the release is in force and not in the file; it is tried again", "error", err)
		return // recover does
	}
	if err := a.Manager.Reload(ctx, a.comment()); err != nil {
		a.Log.WarnContext(ctx, "the manager has not read the file; it is tried again", "error", err)
		return
	}
	m := &a.mem
	if m.Current.name() != m.Target.name() {
		m.Previous = m.Current
	}
	m.Current, m.Target, m.Step = m.Target, nil, none
	m.Highest = max(m.Highest, m.Current.Sequence)
	a.mu.Lock()
	a.counts.Applied++
	a.mu.Unlock()
	a.set(ctx, rollout.OK, "")
	a.sweep()
}

// write puts a release into the file that the manager reads; nil is none.
func (a *Agent) write(k *kept) error {
	doc, err := k.document()
	if err != nil {
		return err
	}
	body := []byte("{}\n")
	if doc != nil {
		if body, err = doc.Text(text.YAML); err != nil {
			return fmt.Errorf("cannot write the configuration: %w", err)
		}
	}
	head := "# Written by kres-fleet; the next release replaces it. What is local belongs into another file.\n"
	if err := durable.Write(a.File, append([]byte(head), body...), 0o640); err != nil {
		return fmt.Errorf("cannot write the configuration: %w", err)
	}
	return nil
}

// back goes back to the release that this host has come from.
func (a *Agent) back(ctx context.Context, r rollout.Record, revision int64) {
	a.tellOnce(ctx)
	if !a.permitted(ctx, r, revision, rollout.GoingBack) {
		return
	}
	a.mem.Step = goingBack
	a.keep(ctx)
	a.Log.InfoContext(ctx, "host goes back", "rollout", r.ID, "state", string(rollout.GoingBack), "release", a.mem.Previous.name())
	wait := time.NewTimer(jittered(r.Jitter()))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return
	}
	a.returnNow(ctx)
}

// returnNow makes the former release the running one.
func (a *Agent) returnNow(ctx context.Context) {
	m := &a.mem
	to := m.Previous
	doc, etag, err := a.wanted(ctx, to, true)
	if err == nil {
		err = a.Manager.Apply(ctx, doc, etag, 0, a.comment()+", back")
	}
	var no *Refusal
	var not *unready
	switch {
	case errors.As(err, &no) && no.Stale:
		return // and again
	case errors.As(err, &no), errors.As(err, &not) && not.state == rollout.Refused:
		m.Step = none
		a.set(ctx, rollout.Stuck, "cannot go back: "+err.Error())
		return
	case err != nil:
		a.Log.WarnContext(ctx, "this host cannot go back yet", "error", err)
		return
	}
	if err := a.write(to); err != nil {
		a.Log.ErrorContext(ctx, "the former release is in force and not in the file; it is tried again", "error", err)
		return
	}
	if err := a.Manager.Reload(ctx, a.comment()+", back"); err != nil {
		a.Log.WarnContext(ctx, "the manager has not read the file; it is tried again", "error", err)
		return
	}
	m.Current, m.Previous, m.Target, m.Step, m.On = to, nil, nil, none, false
	a.set(ctx, rollout.WentBack, "")
	a.sweep()
}

// recover goes on where a process has died, or an answer was missing. It leaves old or
// new.
func (a *Agent) recover(ctx context.Context) {
	for try := 0; a.mem.Step != none && ctx.Err() == nil; try++ {
		if try > 0 {
			a.pause(ctx, min(a.Pace, 5*time.Second))
		}
		a.resume(ctx)
	}
}

func (a *Agent) resume(ctx context.Context) {
	m := &a.mem
	switch m.Step {
	case writing:
		a.finish(ctx)
		return
	case goingBack:
		a.returnNow(ctx)
		return
	}
	view, err := a.Manager.Look(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "the manager cannot be asked what runs", "error", err)
		return
	}
	ours := view.Waiting != nil && *view.Waiting == a.comment()
	in, err := a.runs(view)
	switch {
	case err != nil:
		a.Log.ErrorContext(ctx, "it is not known what runs", "error", err)
	case view.Busy != "": // perhaps with it
	case ours && m.Step == confirming:
		a.confirm(ctx)
	case ours:
		// A soak that was not seen whole proves nothing.
		if err := a.Manager.Undo(ctx, a.comment()); err != nil {
			a.Log.WarnContext(ctx, "the change is not taken back yet", "error", err)
			return
		}
		a.again(ctx)
	case in: // it was confirmed, by us or by a person
		a.finish(ctx)
	default:
		a.again(ctx)
	}
}

// runs reports whether what runs has the release.
func (a *Agent) runs(view View) (bool, error) {
	target, err := a.mem.Target.document()
	if err != nil || target == nil {
		return false, err
	}
	owned, err := release.Divide(view.Running, target)
	return err == nil && len(owned.Drift) == 0, err
}

// again tries the release once more, in the place that this host has, or gives up.
func (a *Agent) again(ctx context.Context) {
	m := &a.mem
	give := func(s rollout.State, reason string) {
		m.On, m.Step = false, none
		a.set(ctx, s, reason)
	}
	if now, _, _, _, _ := a.seen(); now.ID == m.Rollout && now.Back() {
		give(rollout.WentBack, "")
		return
	}
	if m.Attempts >= maxAttempts || m.Record == nil {
		give(rollout.Failed, fmt.Sprintf("it did not come to an end in %d attempts", m.Attempts))
		return
	}
	doc, etag, err := a.wanted(ctx, m.Target, m.Record.Policy.Enforce)
	var not *unready
	if errors.As(err, &not) {
		give(rollout.Failed, err.Error())
		return
	}
	if err != nil {
		return // and again
	}
	start, err := a.Manager.Read(ctx)
	if err != nil {
		return
	}
	a.set(ctx, rollout.Applying, "")
	a.attempt(ctx, doc, etag, start)
}
