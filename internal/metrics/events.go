// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"slices"

	"kresd-manager/internal/metrics/exposition"

	"kresd-manager/units"
)

// Events are what happened since the manager started: by unit what drifted, and what
// crashed by how it ended; repairs by what came of them.
type Events struct {
	Drifts                  map[string]uint64
	Crashes                 map[Crash]uint64
	Repaired, RepairsFailed uint64
}

// Crash is a unit and the Result= that systemd gave to its end ("signal", "oom-kill").
type Crash struct{ Unit, Result string }

var (
	driftsDesc  = unitDesc("drifts_total", "Times that the unit was not as the configuration wants it, and the manager has set out to repair it, since the manager started.")
	crashesDesc = newDesc("unit_crashes_total", "Times that the unit ended by itself and systemd started it again, since the manager started, by how it ended.",
		"unit", "component", "result")
	repairsDesc    = newDesc("repairs_total", "Repairs of what had drifted, since the manager started.", "result")
	lastRepairDesc = newDesc("last_repair_timestamp_seconds", "When the last repair began, in seconds since 1970.")
)

func (s Snapshot) collectEvents(out *exposition.Text) {
	e := s.Events
	for _, unit := range slices.Sorted(maps.Keys(e.Drifts)) {
		role, _ := units.RoleOf(unit)
		total(out, driftsDesc, float64(e.Drifts[unit]), unit, string(role))
	}
	for c, n := range e.Crashes {
		role, _ := units.RoleOf(c.Unit)
		total(out, crashesDesc, float64(n), c.Unit, string(role), c.Result)
	}
	total(out, repairsDesc, float64(e.Repaired), "repaired")
	total(out, repairsDesc, float64(e.RepairsFailed), "failed")
	if last := s.Status.LastRepair; last != nil {
		gauge(out, lastRepairDesc, float64(last.When.UnixMilli())/1000)
	}
}
