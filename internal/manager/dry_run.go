// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"time"

	"kresd-manager/units"
)

// dryRun plans a change and leaves everything as it is. It does not wait for the
// loop: it goes by what ran when it began and by what is live while a change may be
// in progress, so that no one who only asks holds up a change, and no change holds
// up who only asks. It is called by many at a time and changes nothing of the
// Manager.
func (m *Manager) dryRun(ctx context.Context, c change) (r units.Report, err error) {
	defer m.survive(c, &err)
	cur := m.current.Load()
	r = units.Report{Cause: c.Cause, DryRun: true, When: time.Now(), Generation: cur.desired.Generation}
	select {
	case <-m.ended:
		return r, units.ErrStopping
	case <-m.stopped:
		return r, units.ErrStopping
	default:
	}
	next, gen, err := m.prepare(ctx, cur, c)
	if err == nil {
		m.differs(cur, next, c, &r)
		var live units.Live
		if live, _, err = m.observe(ctx, gen.Desired, cur.desired.Limits); err == nil {
			err = m.plan(cur, live, gen, c, &r)
		}
	}
	r.Took = units.Seconds(time.Since(r.When))
	return r, err
}
