// SPDX-License-Identifier: Apache-2.0

package leader

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
)

// view is what a leader knows of the store.
type view struct {
	basis  int64 // revision up to which hosts are known
	whole  int64 // when all of them were read
	lives  int64 // revision up to which alive is known
	record rollout.Record
	at     int64 // revision of the record, 0 if there is none that can be read
	hosts  map[string]rollout.Host
	alive  map[string]bool
	holds  map[string]string
	rolls  map[string]bool
}

// seen is it for a decision.
func (v *view) seen() rollout.View {
	return rollout.View{Record: v.record, At: v.at, Hosts: v.all(), Basis: v.basis, Busy: slices.Sorted(maps.Keys(v.rolls))}
}

func (v *view) put(e store.Event, log *slog.Logger) {
	if store.Under(e.Key, store.Hosts) { // the others have watches of their own, which may be ahead
		if e.Revision <= v.whole {
			return // of before all hosts were read
		}
		v.basis = max(v.basis, e.Revision)
	}
	name := func(prefix string) string { return e.Key[len(prefix):] }
	switch {
	case e.Key == store.Rollout:
		r, err := rollout.Parse(e.Data)
		if v.record, v.at = r, e.Revision; e.Deleted || err != nil {
			v.at = 0
			if err != nil && !e.Deleted {
				log.Error("the record of the rollout cannot be used; nothing is decided", "error", err)
			}
		}
	case store.Under(e.Key, store.Hosts):
		if delete(v.hosts, name(store.Hosts)); !e.Deleted {
			v.host(e.Value)
		}
	case store.Under(e.Key, store.Alive):
		v.lives = max(v.lives, e.Revision)
		if id := name(store.Alive); e.Deleted {
			delete(v.alive, id)
		} else {
			v.alive[id] = true
		}
	case store.Under(e.Key, store.Rolls):
		if id := name(store.Rolls); e.Deleted {
			delete(v.rolls, id)
		} else {
			v.rolls[id] = true
		}
	case store.Under(e.Key, store.Holds):
		if id := name(store.Holds); e.Deleted {
			delete(v.holds, id)
		} else {
			v.holds[id] = string(e.Data)
		}
	}
}

// host takes over what a host tells.
func (v *view) host(val store.Value) {
	id := val.Key[len(store.Hosts):]
	h, err := rollout.ParseHost(id, val.Data)
	if err != nil {
		h = rollout.Host{Format: rollout.Format, ID: id, Tags: rollout.Tags{"host": id}, State: rollout.Idle, Reason: unread}
	}
	h.Revision = val.Revision
	v.hosts[id] = h
}

// unread is the reason of a host that tells what is none. It may be in the middle of its
// change: it counts as such until it tells anew, or is forgotten.
const unread = "its state cannot be read"

// readHosts reads what all hosts tell now.
func (v *view) readHosts(ctx context.Context, s store.Store) error {
	snap, err := s.Read(ctx, store.Hosts)
	if err != nil {
		return err
	}
	clear(v.hosts)
	for _, val := range snap.Values {
		v.host(val)
	}
	v.basis, v.whole = snap.Revision, snap.Revision
	return nil
}

func (v *view) all() []rollout.Host {
	all := make([]rollout.Host, 0, len(v.hosts))
	for id, h := range v.hosts {
		// A host tells only while it is there. News of that may come later than what it tells.
		h.Alive = v.alive[id] || h.Revision > v.lives && h.Reason != unread
		if h.Reason == unread && v.record.ID > 0 {
			h.State, h.Rollout, h.Tried = rollout.Applying, v.record.ID, true
		}
		if why, held := v.holds[id]; held && h.State != rollout.Held && !h.State.Settled(h.On && h.Rollout == v.record.ID) {
			h.Told, h.State, h.Reason = h.State, rollout.Held, why
		}
		all = append(all, h)
	}
	return all
}

// Hosts reads all that hosts tell, of one moment, for whoever asks once.
func Hosts(ctx context.Context, s store.Store) (record *rollout.Record, hosts []rollout.Host, err error) {
	v, snap, _, err := read(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	if val, there := snap.Get(store.Rollout); there {
		r, err := rollout.Parse(val.Data)
		if err != nil {
			return nil, nil, fmt.Errorf("%w; kres-fleet rollout start --force replaces it", err)
		}
		record = &r
	}
	return record, v.all(), nil
}

// keys are what a leader has to know.
var keys = []string{store.Hosts, store.Rollout, store.Alive, store.Holds, store.Rolls}

// read reads all of it, and returns the snapshot of the record and the revision of each.
func read(ctx context.Context, s store.Store, log *slog.Logger) (v *view, record store.Snapshot, at []int64, err error) {
	v = &view{hosts: map[string]rollout.Host{}, alive: map[string]bool{}, holds: map[string]string{}, rolls: map[string]bool{}}
	for _, key := range keys {
		if key == store.Hosts { // first: what is read of the others is newer
			if err := v.readHosts(ctx, s); err != nil {
				return nil, record, nil, err
			}
			at = append(at, v.basis)
			continue
		}
		snap, err := s.Read(ctx, key)
		if err != nil {
			return nil, record, nil, err
		}
		for _, val := range snap.Values {
			v.put(store.Event{Value: val}, log)
		}
		switch key {
		case store.Alive:
			v.lives = snap.Revision
		case store.Rollout:
			record = snap
		}
		at = append(at, snap.Revision)
	}
	return v, record, at, nil
}

// watch watches all of it. The channel is closed when one of the watches has ended.
func watch(ctx context.Context, s store.Store, at []int64) <-chan store.Event {
	out := make(chan store.Event, 64)
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i, key := range keys {
		events := s.Watch(ctx, key, at[i])
		all.Go(func() {
			defer cancel()
			for e := range events {
				select {
				case out <- e:
				case <-ctx.Done():
				}
			}
		})
	}
	go func() {
		defer cancel()
		all.Wait()
		close(out)
	}()
	return out
}

// drain takes what has come already, so that a thousand events are one decision.
func (v *view) drain(events <-chan store.Event, log *slog.Logger) {
	for range 10_000 {
		select {
		case e, ok := <-events:
			if !ok {
				return // seen by the next receive
			}
			v.put(e, log)
		default:
			return
		}
	}
}
