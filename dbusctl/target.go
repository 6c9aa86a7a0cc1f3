// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

// Who stops kresd.target while systemd asks polkit whether we may start something, stops
// nothing of it: the job that comes after that starts the target as well, because the
// policy-loader wants it, or, while that still stops, a worker alone. No job mode refuses
// either, and nothing of it is left in the target's state. What tells is the order of what
// systemd says on one connection: a job of the target has ended since, then came the reply
// that names ours, and the target was not active when that was queued.

// keptTargetJobs is how many jobs of the target are remembered. The last ones decide.
const keptTargetJobs = 64

// targetJobs are the jobs of kresd.target that have ended, whoever asked for them, over
// all connections. It is safe for concurrent use.
type targetJobs struct {
	mu    sync.Mutex
	ended units.Mark
	last  []targetJob // the newest last
}

// targetJob is one that has ended.
type targetJob struct {
	id   uint32
	over *jobs         // of the connection that told it
	told dbus.Sequence // its place among all that came over that
}

// removed is told of each job that has ended.
func (t *targetJobs) removed(unit string, j targetJob) {
	if unit != units.Target {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended++
	if t.last = append(t.last, j); len(t.last) > keptTargetJobs {
		t.last = t.last[1:]
	}
}

func (t *targetJobs) mark() units.Mark {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}

// around reports whether a job has ended since a moment before another one was queued,
// which a reply told, and whether one has ended that came later than that one.
func (t *targetJobs) around(since units.Mark, reply targetJob) (before, after bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, j := range t.last[max(0, len(t.last)-int(min(t.ended-since, keptTargetJobs))):] {
		before = before || j.over != reply.over || j.told < reply.told
		after = after || j.id > reply.id
	}
	return before, after
}

// Mark returns how many jobs of kresd.target have ended since the first connection.
func (c *Client) Mark() units.Mark { return c.target.mark() }

// afterTarget reports whether a job has come after the end of one of the target's, which
// may be a stop by someone: undidStop knows when the job has ended.
func (n *conn) afterTarget(j *job) bool {
	before, _ := n.target.around(j.since, targetJob{over: n.jobs, told: j.reply})
	return before
}

// undidStop reports whether a job has started something although someone has stopped the
// target since. In doubt it has not: what serves goes on.
func (n *conn) undidStop(ctx context.Context, j *job) bool {
	id, err := strconv.ParseUint(path.Base(string(j.path)), 10, 32)
	if j.target == "" || err != nil || n.target.mark() == j.since {
		return false
	}
	before, after := n.target.around(j.since, targetJob{id: uint32(id), over: n.jobs, told: j.reply})
	ctx, cancel := withDeadline(context.WithoutCancel(ctx), n.answer)
	defer cancel()
	target := unitPath(j.target)
	var job struct {
		ID   uint32
		Path dbus.ObjectPath
	}
	var state string
	var entered uint64 // µs
	// The job first: it may end now.
	switch {
	case n.property(ctx, target, unitIface, "Job", &job) != nil:
		return false
	case job.ID != 0: // it waits for workers that start: it came in with ours, or someone has started it since
		return before && job.ID > uint32(id)
	case n.property(ctx, target, unitIface, "ActiveState", &state) != nil:
		return false
	case state != "active": // also where its stop was queued and had not ended when ours came
		return true
	case !before:
		return false
	case n.property(ctx, target, unitIface, "ActiveEnterTimestampMonotonic", &entered) != nil:
		return false
	}
	switch at := time.Duration(entered) * time.Microsecond; {
	case at < j.called: // it was active all the time
		return false
	case at > j.queued:
		return true
	}
	return after // else someone started it, as the last word
}

// monotonic is the time on the clock of systemd's timestamps.
func monotonic() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
