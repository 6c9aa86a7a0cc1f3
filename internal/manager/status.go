// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"kresd-manager/units"
)

// Status takes a fresh snapshot of the units and compares it with what is
// wanted. It does not wait for a change in progress.
func (m *Manager) Status(ctx context.Context) (units.Status, error) {
	s := m.current.Load()
	st := units.Status{
		Version:    m.o.Version,
		State:      "running",
		Generation: s.desired.Generation,
		File:       m.file(),
		Workers:    s.desired.Workers,
		LastApply:  s.report,
		ETag:       s.doc.ETag(),
	}
	st.FileDiffers = st.ETag != s.fileETag || s.refused
	live, err := m.o.Systemd.Observe(ctx)
	if err != nil {
		return st, err
	}
	plan := units.Diff(s.desired, live, units.Options{Proven: true})
	acts := map[string]bool{}
	for _, step := range plan.Steps {
		acts[step.Unit] = true
	}
	for _, o := range live.Units {
		if o.LoadState == "not-found" {
			continue
		}
		c, _ := units.RoleOf(o.Name)
		st.Units = append(st.Units, units.UnitStatus{
			Unit:       o.Name,
			Role:       c,
			Active:     o.ActiveState,
			Sub:        o.SubState,
			Result:     o.Result,
			Config:     o.ConfigHash(),
			Current:    !acts[o.Name],
			PID:        o.MainPID,
			Memory:     o.MemoryBytes,
			Restarts:   o.Restarts,
			Since:      o.Since,
			Invocation: o.InvocationID,
		})
	}
	slices.SortFunc(st.Units, func(a, b units.UnitStatus) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Unit, b.Unit))
	})
	switch {
	case m.isStopped():
		st.State = "stopped"
	case m.busy.Load():
		st.State = "applying"
	case !plan.Empty():
		st.State = "degraded"
	}
	return st, nil
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
	m.o.Notify(fmt.Sprintf("STATUS=%d worker%s, generation %s", s.desired.Workers, plural, s.desired.Generation))
}
