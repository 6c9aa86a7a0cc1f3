// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"runtime"
	"sync"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/suite"
	"kresd-manager/fleet/store/table"
)

// link is the way of one process to a store, whose writes are followed.
type link struct {
	*suite.Cable
	table *table.Table
	// point is called before and after each write.
	point func(at string, changes []store.Change)
	// wrote is told of each write, in their order: order is one for all links of a table.
	wrote func(changes []store.Change, held bool)
	order *sync.Mutex
}

func newLink(t *table.Table, order *sync.Mutex) *link {
	return &link{
		Cable: suite.NewCable(t), table: t, order: order,
		point: func(string, []store.Change) {}, wrote: func([]store.Change, bool) {},
	}
}

func (l *link) set(cut bool) {
	if cut {
		l.Cut()
	} else {
		l.Lead(l.table)
	}
}

func (l *link) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (revision int64, held bool, err error) {
	l.point("before write", changes)
	if err := l.Err(); err != nil {
		return 0, false, err
	}
	l.order.Lock()
	revision, held, err = l.Cable.Commit(ctx, conditions, changes)
	l.wrote(changes, held && err == nil)
	l.order.Unlock()
	l.point("after write", changes)
	if err == nil {
		err = l.Err() // it is done, and the answer is lost
	}
	return revision, held, err
}

// die ends the goroutine as the end of its process does: it does nothing more.
func die() { runtime.Goexit() }
