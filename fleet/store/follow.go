// SPDX-License-Identifier: Apache-2.0

package store

import "context"

// Follow watches by reading again and again, for stores that know no events: first is what
// is there now, and read waits for news, or for a while. If first is newer than after, the
// channel is closed at once, as something may have been missed.
func Follow(ctx context.Context, first Snapshot, err error, after int64, read func(context.Context) (Snapshot, error)) <-chan Event {
	out := make(chan Event)
	go func() {
		defer close(out)
		if err != nil {
			return
		}
		for _, v := range first.Values {
			if v.Revision > after {
				return
			}
		}
		last := first
		for {
			now, err := read(ctx)
			if err != nil || ctx.Err() != nil {
				return
			}
			for _, e := range Between(last, now) {
				select {
				case out <- e:
				case <-ctx.Done():
					return
				}
			}
			last = now
		}
	}()
	return out
}

// Between are the events that lead from one snapshot to another.
func Between(a, b Snapshot) (events []Event) {
	old := make(map[string]Value, len(a.Values))
	for _, v := range a.Values {
		old[v.Key] = v
	}
	for _, v := range b.Values {
		if o, there := old[v.Key]; !there || o.Revision != v.Revision {
			events = append(events, Event{Value: v})
		}
		delete(old, v.Key)
	}
	for _, v := range a.Values {
		if _, gone := old[v.Key]; gone {
			events = append(events, Event{Value: Value{Key: v.Key, Revision: b.Revision}, Deleted: true})
		}
	}
	return events
}
