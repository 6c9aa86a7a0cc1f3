// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kresd-manager/internal/cgroup"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// Beside the transition: what is reported of what runs. It waits for no change.

// statusChanges is how many changes of the configuration Status lists; the
// history has the others.
const statusChanges = 5

// Status takes a fresh snapshot of the units and compares it with what is
// wanted, and looks at the files that the configuration names. It does not wait
// for a change in progress, and not long for a file system or for systemd: units are
// shown as they were last seen if that does not answer.
func (m *Manager) Status(ctx context.Context) (units.Status, error) {
	s := m.current.Load()
	st, err := m.statusOf(ctx, s)
	st.Problems = append(m.problems(ctx, s), st.Problems...)
	return st, err
}

// statusOf is Status without the files.
func (m *Manager) statusOf(ctx context.Context, s *snapshot) (units.Status, error) {
	st := units.Status{
		Version:    m.o.Version,
		State:      "running",
		Generation: s.desired.Generation,
		File:       m.file(),
		Workers:    s.desired.Workers,
		LastRepair: s.repaired,
		Down:       s.down,
		ETag:       s.running.ETag(),
		FileETag:   s.fileETag,
		Files:      m.o.Files,
		Waiting:    m.promise.Waiting(),

		HistoryFaults: m.historyFaults(),
	}
	if p := m.promise.Open(); p != nil && p.Undone {
		st.Undone = p.Entry
	}
	if s.report != nil {
		short := *s.report
		short.Diff = short.Diff.First(statusChanges)
		st.LastApply = &short
	}
	st.Change, st.Queued = m.changes.inProgress()
	st.FileNow, st.FileFault = m.files.now(ctx)
	st.FileDiffers = st.ETag != s.fileETag || s.refused
	live, asOf, err := m.see(ctx, s.desired)
	if err != nil {
		return st, err
	}
	st.AsOf = asOf
	// systemd does not stop what is frozen, so such a worker may be left.
	frozen := func(n int) bool { o := live.Unit(units.Worker(n)); return o.Frozen() && o.MainPID != 0 }
	off := s.desired.Workers > 0 && len(live.RunningWorkers()) == 0 && !live.Target.Serving() && !slices.ContainsFunc(live.Workers(), frozen)
	plan := units.Diff(s.desired, live, units.Options{Proven: true})
	for _, o := range live.Units {
		if o.LoadState == "not-found" {
			continue
		}
		c, _ := units.RoleOf(o.Name)
		wanted, priority := s.desired.Place(o.Name)
		if !wanted && o.Idle() {
			continue // as a worker that was removed: systemd keeps it in mind for others' sake
		}
		st.Units = append(st.Units, units.UnitStatus{
			Unit:     o.Name,
			Role:     c,
			Active:   o.ActiveState,
			Sub:      o.SubState,
			Result:   o.Result,
			Config:   o.ConfigHash(),
			Wanted:   s.desired.Hash(o.Name),
			Kind:     s.desired.KindOf(o.Name),
			Priority: priority,
			// Diff has no step for a unit that no one may start, nor for one that is frozen.
			Current:    !plan.Acts(o.Name) && wanted != o.Idle() && !(wanted && o.Frozen()),
			Frozen:     o.Frozen(),
			Fault:      live.Faults[o.Name].Kind,
			PID:        o.MainPID,
			Memory:     o.MemoryBytes,
			Usage:      usage(o),
			Restarts:   o.Restarts,
			Stale:      o.NeedDaemonReload,
			Masked:     o.Masked(),
			Since:      o.Since,
			Invocation: o.InvocationID,
		})
	}
	st.Inputs, st.Problems = m.inputs(s.desired, live)
	wrong := m.seenWrong(s.desired, live)
	st.Problems = append(wrong, st.Problems...)
	if asOf.IsZero() {
		soon, cancel := context.WithTimeout(ctx, sightTime)
		defer cancel()
		st.Warnings = m.warnings(soon, s.desired, live, plan)
	} else {
		st.Problems = append(config.Problems{unanswered(asOf)}, st.Problems...)
	}
	if fault := m.bootFault.Load(); fault != nil && *fault != "" {
		st.Warnings = append(st.Warnings, *fault)
	}
	slices.SortFunc(st.Units, func(a, b units.UnitStatus) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Unit, b.Unit))
	})
	switch {
	case m.isStopped():
		st.State = "stopped"
	case s.down != "":
		st.State = "failed"
	case m.busy.Load() > 0:
		st.State = "applying"
	case !asOf.IsZero():
		st.State = "unknown"
	case off:
		st.State = "stopped"
	case !plan.Empty() || len(live.Degraded) > 0 || wrong.Errors() != nil || slices.ContainsFunc(st.Units, func(u units.UnitStatus) bool { return !u.Current }):
		st.State = "degraded"
	}
	return st, nil
}

// usage is what a unit uses. That the kernel killed processes of it is known to systemd
// for longer than to the cgroup, which is another one after a restart, and to the
// cgroup sooner.
func usage(o units.Observed) units.Usage {
	u := cgroup.System{}.Usage(o.CgroupPath, o.MainPID)
	if n := o.OOMKills; n != nil && (u.OOMKills == nil || *n > *u.OOMKills) {
		u.OOMKills = n
	}
	return u
}

// order sorts workers by number, then the others.
func order(u units.UnitStatus) int {
	if n, ok := units.WorkerNumber(u.Unit); ok {
		return n
	}
	return units.MaxWorkers + 1
}

func (m *Manager) isStopped() bool {
	select {
	case <-m.stopped:
		return true
	default:
		return false
	}
}

// tellStatus gives systemctl status a line to show.
func (m *Manager) tellStatus() {
	s := m.current.Load()
	plural := "s"
	if s.desired.Workers == 1 {
		plural = ""
	}
	text := fmt.Sprintf("STATUS=%d worker%s, generation %s", s.desired.Workers, plural, s.desired.Generation)
	if w := m.promise.Waiting(); w != nil {
		text += fmt.Sprintf("; change %d waits to be confirmed by %s", w.Entry, w.By.Format(time.DateTime))
	}
	m.o.Notify(text)
}
