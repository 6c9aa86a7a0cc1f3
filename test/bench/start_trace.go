// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// moment is a reading of CLOCK_MONOTONIC, which the machine shares: systemd's timestamps
// and the journal's are of it.
type moment time.Duration

func now() moment {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return moment(ts.Nano())
}

// stamps are when a unit began to start, had its process forked, had it execute its program
// (systemd 256 and newer), ended it, and was active (org.freedesktop.systemd1(5)).
type stamps struct{ queued, forked, executed, ended, active moment }

// timesOf reads those of several units.
func (s *side) timesOf(ctx context.Context, names ...string) (map[string]stamps, error) {
	text, err := s.sh(ctx, "systemctl show --timestamp=us -p Id,InactiveExitTimestampMonotonic,ExecMainStartTimestampMonotonic,ExecMainHandoffTimestampMonotonic,ExecMainExitTimestampMonotonic,ActiveEnterTimestampMonotonic "+strings.Join(names, " "))
	if err != nil {
		return nil, err
	}
	all := map[string]stamps{}
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var t stamps
		name := ""
		for line := range strings.Lines(block) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			micros, _ := strconv.ParseInt(value, 10, 64) // of Id it is none
			at := moment(micros * 1000)
			switch key {
			case "Id":
				name = value
			case "InactiveExitTimestampMonotonic":
				t.queued = at
			case "ExecMainStartTimestampMonotonic":
				t.forked = at
			case "ExecMainHandoffTimestampMonotonic":
				t.executed = at
			case "ExecMainExitTimestampMonotonic":
				t.ended = at
			case "ActiveEnterTimestampMonotonic":
				t.active = at
			}
		}
		all[name] = t
	}
	return all, nil
}

// begun is when the manager had a plan and began to carry it out, 0 if it does not say.
func (s *side) begun(ctx context.Context, since moment) (moment, error) {
	text, err := s.sh(ctx, "journalctl --sync; journalctl -o json -n 200 -u kresd-manager.service MESSAGE_ID="+string(message.ChangeBegun))
	if err != nil {
		return 0, err
	}
	var at moment
	for line := range strings.Lines(text) {
		var entry struct {
			Source string `json:"_SOURCE_MONOTONIC_TIMESTAMP"`
			Taken  string `json:"__MONOTONIC_TIMESTAMP"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			return 0, fmt.Errorf("cannot read the journal: %w", err)
		}
		if entry.Source == "" {
			entry.Source = entry.Taken
		}
		micros, err := strconv.ParseInt(entry.Source, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("cannot read the journal: %w", err)
		}
		if m := moment(micros * 1000); m >= since && at == 0 {
			at = m
		}
	}
	return at, nil
}

// traceStart says where the time of a start of ours has gone, which took from began to
// ended: what came one after another, and what went on beside it.
func (s *side) traceStart(ctx context.Context, began, ended moment) ([]span, error) {
	names := []string{units.Socket, units.Manager, units.PolicyLoader, units.CacheGC, "kresd-rundir.service", "kresd-rundir-check.service", "polkit.service"}
	for n := range workers {
		names = append(names, units.Worker(n+1))
	}
	all, err := s.timesOf(ctx, names...)
	if err != nil {
		return nil, err
	}
	begun, err := s.begun(ctx, began)
	if err != nil {
		return nil, err
	}
	var started, serving []moment
	for n := range workers {
		w := all[units.Worker(n+1)]
		started, serving = append(started, w.queued), append(serving, w.active)
	}
	socket, manager, loader, gc := all[units.Socket], all[units.Manager], all[units.PolicyLoader], all[units.CacheGC]
	t := tracer{began: began, last: began}
	t.next("systemctl and the queue of jobs", socket.queued)
	t.next("the socket, with its run directory", socket.active)
	t.next("the manager's job", manager.forked)
	t.next("the manager's sandbox, until execve", manager.executed)
	t.next("the manager reads the configuration and looks", begun)
	t.next("polkit's check, and the loader's job", loader.queued)
	t.next("the loader's sandbox, until execve", loader.executed)
	t.next("the loader", loader.active)
	t.next("the workers' jobs, which were waiting", slices.Min(started))
	t.next("the first worker", slices.Min(serving))
	t.next("the other workers", slices.Max(serving))
	t.next("the manager is ready", manager.active)
	t.next("systemctl returns, a query is answered", ended)
	t.beside("the garbage collector, which no one waits for", gc.queued, gc.active)
	for _, name := range []string{"kresd-rundir.service", "kresd-rundir-check.service", "polkit.service"} {
		u := all[name]
		t.beside(name, u.queued, max(u.active, u.ended))
	}
	return t.spans, nil
}

// tracer makes spans of moments.
type tracer struct {
	began, last moment
	spans       []span
}

func (t *tracer) seconds(m moment) float64 { return time.Duration(m - t.began).Seconds() }

// next adds what went on since the last moment. One that is not known, or was earlier, adds
// nothing: the time is the next one's.
func (t *tracer) next(name string, to moment) {
	if to <= t.last {
		return
	}
	t.spans = append(t.spans, span{name, t.seconds(t.last), t.seconds(to)})
	t.last = to
}

// beside adds what went on at the same time, if it did.
func (t *tracer) beside(name string, from, to moment) {
	if from >= t.began && to > from {
		t.spans = append(t.spans, span{"beside: " + name, t.seconds(from), t.seconds(to)})
	}
}
