// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"errors"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
)

// Pauses between two attempts to reach the store.
const (
	firstRetry   = time.Second
	longestRetry = 5 * time.Minute
)

// listen is connected to the store whenever it can be. The error is ErrTwice.
func (a *Agent) listen(ctx context.Context) error {
	name := []byte(a.instance)
	retry := firstRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := a.session(ctx, name)
		a.down()
		if errors.Is(err, ErrTwice) {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > longestRetry {
			retry = firstRetry
		}
		a.Log.WarnContext(ctx, "the store cannot be asked; this host keeps what it has", "error", err, "retry", retry.String())
		// Half of it is chance, so that not all hosts come at once.
		select {
		case <-time.After(retry/2 + jittered(min(retry, a.Settle))):
		case <-ctx.Done():
		}
		retry = min(2*retry, longestRetry)
	}
	return nil
}

func (a *Agent) down() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.up {
		a.counts.SessionsLost++
	}
	a.counts.Errors++
	a.up, a.alive, a.own, a.told = false, 0, 0, nil
}

// session is one lease, from which the host counts as there: until it is lost. A store that
// is away for a moment only does not end it.
func (a *Agent) session(ctx context.Context, name []byte) error {
	process := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var gone <-chan struct{}
	var created int64
	if !a.Store.ReadOnly() {
		lease, err := a.Store.Grant(ctx, a.Lease)
		if err != nil {
			return err
		}
		defer func() {
			if process.Err() != nil {
				lease.Abandon() // a restart in a trial does not look like a host that died
				return
			}
			lease.Release(context.WithoutCancel(ctx))
		}()
		gone = lease.Gone()
		if created, err = a.claim(ctx, lease, name); err != nil {
			return err
		}
	}
	a.mu.Lock()
	a.alive, a.own, a.told = created, 0, nil
	a.mu.Unlock()
	var newest int64 // revision of the store
	for {
		err := a.follow(ctx, gone, &newest)
		if err == nil || errors.Is(err, errLost) {
			return err
		}
		a.mu.Lock()
		a.up = false
		a.counts.Errors++
		a.mu.Unlock()
		if gone == nil {
			return err
		}
		select {
		case <-time.After(firstRetry + jittered(2*firstRetry)):
		case <-gone:
			return errors.Join(errLost, err)
		case <-ctx.Done():
			return nil
		}
	}
}

// errLost is that the host does not count as there any more.
var errLost = errors.New("the store has given up this host: nothing was heard for too long, or someone has removed it")

// follow reads what is there and takes what comes, until something fails.
func (a *Agent) follow(ctx context.Context, gone <-chan struct{}, newest *int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var at [3]int64
	var found [3]store.Value
	var there [3]bool
	for i, key := range []string{store.Hosts + a.Host, store.Rollout, store.Holds + a.Host} {
		snap, err := a.Store.Read(ctx, key)
		if err != nil {
			return err
		}
		if snap.Revision < *newest {
			return errors.Join(errLost, errors.New("the store has gone back: it is older than it was"))
		}
		at[i], *newest = snap.Revision, snap.Revision
		found[i], there[i] = snap.Get(key)
	}
	a.take(found[1], there[1])
	a.hold(found[2], there[2])
	a.mu.Lock()
	if a.own != found[0].Revision { // else it knows what was told
		a.own, a.told = found[0].Revision, nil
	}
	a.up = true
	a.mu.Unlock()
	a.wake()
	records := a.Store.Watch(ctx, store.Rollout, at[1])
	held := a.Store.Watch(ctx, store.Holds+a.Host, at[2])
	again := time.NewTicker(a.Reread)
	defer again.Stop()
	for turn := 0; ; {
		select {
		case e, ok := <-records:
			if !ok {
				return errors.New("the watch of the rollout has ended")
			}
			a.take(e.Value, !e.Deleted)
			if e.Deleted { // perhaps with all the rest
				if err := a.counted(ctx); err != nil {
					return err
				}
			}
		case e, ok := <-held:
			if !ok {
				return errors.New("the watch of the hold has ended")
			}
			a.hold(e.Value, !e.Deleted)
		case <-again.C:
			now, err := a.Store.Read(ctx, store.Rollout)
			if err != nil {
				return err
			}
			if now.Revision < *newest {
				return errors.Join(errLost, errors.New("the store has gone back: it is older than it was"))
			}
			*newest = now.Revision
			a.take(now.Get(store.Rollout))
			if turn++; turn%2 == 0 { // one of them each time, as all hosts do it
				a.lookAtOwn(ctx)
			} else if err := a.counted(ctx); err != nil {
				return err
			}
		case <-a.doubt:
			if err := a.counted(ctx); err != nil {
				return err
			}
		case <-gone:
			return errLost
		case <-ctx.Done():
			return nil
		}
		a.wake()
	}
}

// counted finds out whether this host counts as there: someone may have removed what says
// so, though its lease lasts. The error is errLost then.
func (a *Agent) counted(ctx context.Context) error {
	if a.Store.ReadOnly() {
		return nil
	}
	key := store.Alive + a.Host
	now, err := a.Store.Read(ctx, key)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if v, _ := now.Get(key); v.Created != a.alive {
		return errLost
	}
	return nil
}

// lookAtOwn finds out whether the store still has what this host has told, so that it is
// told again where it has not.
func (a *Agent) lookAtOwn(ctx context.Context) {
	now, err := a.Store.Read(ctx, store.Hosts+a.Host)
	if err != nil || a.Store.ReadOnly() {
		return
	}
	v, _ := now.Get(store.Hosts + a.Host)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.up && v.Revision != a.own {
		a.own, a.told = v.Revision, nil
		a.wake()
	}
}

// claim says that this host is there. A lease of an agent that has died is waited for.
func (a *Agent) claim(ctx context.Context, lease store.Lease, name []byte) (created int64, err error) {
	key := store.Alive + a.Host
	deadline := time.Now().Add(a.Lease + a.Lease/4)
	for {
		revision, held, err := a.Store.Commit(ctx, []store.Condition{{Key: key}}, []store.Change{{Key: key, Data: name, Lease: lease.ID()}})
		if err != nil {
			return 0, err
		}
		if held {
			return revision, nil
		}
		now, err := a.Store.Read(ctx, key)
		if err != nil {
			return 0, err
		}
		if v, ok := now.Get(key); ok && bytes.Equal(v.Data, name) { // of the process before this one
			_, held, err := a.Store.Commit(ctx, []store.Condition{{Key: key, Revision: v.Revision}}, []store.Change{{Key: key, Data: name, Lease: lease.ID()}})
			if err != nil || held {
				return v.Created, err
			}
			continue
		}
		if time.Now().After(deadline) {
			return 0, ErrTwice
		}
		select {
		case <-time.After(a.Lease / 10):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// take takes a record over. What is none changes nothing.
func (a *Agent) take(v store.Value, there bool) {
	if !there {
		return // deleted: keep
	}
	r, err := rollout.Parse(v.Data)
	if err != nil {
		a.Log.Error("the record of the rollout is not used; this host keeps what it has", "error", err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.record, a.revision = r, v.Revision
}

func (a *Agent) hold(v store.Value, there bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.isHeld, a.held = there, ""
	if there {
		a.held = string(v.Data[:min(len(v.Data), 256)])
	}
}

// tell tells what the host is now. It is told again when the store is there again.
func (a *Agent) tell(ctx context.Context) {
	if _, err := a.tellIf(ctx, nil); err != nil {
		a.Log.WarnContext(ctx, "the state is not reported", "error", err)
	}
}

// tellOnce tells it unless the store knows.
func (a *Agent) tellOnce(ctx context.Context) {
	a.mu.Lock()
	known := bytes.Equal(a.told, a.host().Text())
	a.mu.Unlock()
	if !known {
		a.tell(ctx)
	}
}

// tellIf tells it if conditions hold, and reports whether the store has it now. What the
// store does not answer is tried again, see next.
func (a *Agent) tellIf(ctx context.Context, more []store.Condition) (bool, error) {
	held, err := a.tellNow(ctx, more)
	switch {
	case err == nil:
		a.unheard = 0
	case !errors.Is(err, errDown): // else news come with the connection
		a.unheard++
	}
	return held, err
}

// errDown is that there is no connection to the store.
var errDown = errors.New("it cannot be asked now")

func (a *Agent) tellNow(ctx context.Context, more []store.Condition) (bool, error) {
	h := a.host()
	text := h.Text()
	a.mu.Lock()
	a.counts.Host = h
	up, own, alive := a.up, a.own, a.alive
	a.mu.Unlock()
	if a.Store.ReadOnly() {
		return true, nil
	}
	if !up {
		return false, errDown
	}
	conditions := append([]store.Condition{{Key: store.Hosts + a.Host, Revision: own}, {Key: store.Alive + a.Host, Created: alive}}, more...)
	revision, held, err := a.Store.Commit(ctx, conditions, []store.Change{{Key: store.Hosts + a.Host, Data: text}})
	if err != nil {
		return false, err
	}
	if held {
		a.mu.Lock()
		if a.up && a.alive == alive {
			a.own, a.told = revision, text
		}
		a.mu.Unlock()
		return true, nil
	}
	if len(more) > 0 {
		return false, nil
	}
	// Someone has removed it, or the store was set back.
	now, err := a.Store.Read(ctx, store.Hosts+a.Host)
	if err != nil {
		return false, err
	}
	v, _ := now.Get(store.Hosts + a.Host)
	a.mu.Lock()
	a.own = v.Revision
	a.mu.Unlock()
	if v.Revision == own {
		select {
		case a.doubt <- struct{}{}:
		default:
		}
		return false, errors.New("this host does not count as there any more")
	}
	conditions[0].Revision = v.Revision
	if revision, held, err = a.Store.Commit(ctx, conditions, []store.Change{{Key: store.Hosts + a.Host, Data: text}}); err == nil && held {
		a.mu.Lock()
		a.own, a.told = revision, text
		a.mu.Unlock()
	}
	return held, err
}
