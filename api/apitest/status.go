// SPDX-License-Identifier: Apache-2.0

package apitest

import (
	"context"
	"maps"
	"slices"

	"kresd-manager/units"
)

// Status implements api.Controller.
func (c *Controller) Status(context.Context) (units.Status, error) {
	if c.StatusError != nil {
		return units.Status{}, c.StatusError
	}
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	doc := c.Running()
	s := units.Status{
		Version: "test", State: "running", Generation: c.want.Generation,
		ETag: doc.ETag(), File: c.File, FileDiffers: doc.ETag() != c.fileETag,
		Files: []string{c.File}, FileETag: c.fileETag, Waiting: c.History().Waiting,
		Workers: c.want.Workers, LastApply: c.last,
	}
	for _, name := range slices.Sorted(maps.Keys(c.live.Units)) {
		o := c.live.Units[name]
		part, _ := units.RoleOf(name)
		u := units.UnitStatus{
			Unit: name, Role: part, Active: o.ActiveState, Sub: o.SubState, Result: o.Result,
			Config: o.ConfigHash(), PID: o.MainPID, Memory: o.MemoryBytes, Restarts: o.Restarts, Since: o.Since,
		}
		switch part {
		case units.RoleLoader:
			u.Current = u.Config == c.want.RulesHash
		case units.RoleWorker:
			u.Current = u.Config == c.want.WorkerHash
		default:
			u.Current = true
		}
		if !u.Current || o.ActiveState != "active" {
			s.State = "degraded"
		}
		s.Units = append(s.Units, u)
	}
	if c.stopped.Load() {
		s.State = "stopped"
	}
	return s, nil
}
