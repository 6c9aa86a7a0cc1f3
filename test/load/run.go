// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Run sends queries for the duration, or until the context ends, then waits for the
// answers still outstanding, at most the timeout. A run that was stopped early returns
// an accurate report and no error: errors tell that the load could not be made.
// Runs may overlap, but then share the counters of their network namespace.
func Run(ctx context.Context, config Config) (Report, error) {
	t, err := config.check()
	if err != nil {
		return Report{}, err
	}
	before, err := t.udpCounters()
	if err != nil {
		return Report{}, err
	}
	run := t.runUDP
	if t.Mode != UDP {
		run = t.runStream
	}
	tallies, took, err := run(ctx)
	if err != nil {
		return Report{}, err
	}
	after, err := t.udpCounters()
	if err != nil {
		return Report{}, err
	}
	r := report(tallies)
	r.Took = took
	r.RcvbufErrors = after.rcvbufErrors - before.rcvbufErrors
	r.NoPorts = after.noPorts - before.noPorts
	return r, nil
}

// pace calls send at the configured rate and returns how long it did.
//
// It sleeps in the kernel, on a thread of its own: Go's timers are a millisecond coarse
// in an idle process, and a millisecond's worth of queries at once is a burst. After a
// delay, by a busy CPU say, queries that are overdue are left out beyond a small number,
// because a burst of them would overflow a socket that copes well with the rate.
func (t *target) pace(ctx context.Context, start time.Time, send func(number int)) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	interval := time.Second / time.Duration(t.QPS)
	burst := time.Duration(max(1, t.QPS/500)) * interval // 2 ms worth
	next := time.Duration(0)
	for number := 0; ; {
		now := time.Since(start)
		if now >= t.Duration || ctx.Err() != nil {
			return min(now, t.Duration)
		}
		if behind := now - next; behind > burst+10*time.Millisecond {
			next = now - burst
		}
		for ; next <= now && next < t.Duration; next += interval {
			send(number)
			number++
		}
		nap := unix.NsecToTimespec(int64(min(max(next-time.Since(start), 50*time.Microsecond), 10*time.Millisecond)))
		_ = unix.Nanosleep(&nap, nil)
	}
}
