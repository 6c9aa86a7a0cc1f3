// SPDX-License-Identifier: Apache-2.0

package apitest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kresd-manager/units"
)

// UnknownType is a type of records that workers refuse to clear.
const UnknownType = "NONE"

// Statistics implements api.Controller. A worker that was killed gives none.
func (c *Controller) Statistics(context.Context) ([]units.WorkerStatistics, error) {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	all := []units.WorkerStatistics{}
	for _, name := range slices.Sorted(maps.Keys(c.live.Units)) {
		n, ok := units.WorkerNumber(name)
		if !ok {
			continue
		}
		w := units.WorkerStatistics{Unit: name}
		if c.live.Units[name].ActiveState == "active" {
			w.Counts = fmt.Appendf(nil, `{"answer":{"total":%d}}`, n)
		} else {
			w.Error = "cannot reach the worker"
		}
		all = append(all, w)
	}
	return all, nil
}

// Prometheus implements api.Controller, with one metric.
func (c *Controller) Prometheus(ctx context.Context) ([]byte, error) {
	all, err := c.Statistics(ctx)
	var b strings.Builder
	for _, w := range all {
		loaded := 0
		if w.Error == "" {
			loaded = 1
		}
		fmt.Fprintf(&b, "resolver_metrics_loaded{instance_id=%q} %d\n", w.InstanceID(), loaded)
	}
	return []byte(b.String()), err
}

// ClearCache implements api.Controller: it says what it was asked for.
func (c *Controller) ClearCache(_ context.Context, what units.CacheClear) (json.RawMessage, error) {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.live.Units)) {
		if _, ok := units.WorkerNumber(name); !ok || c.live.Units[name].ActiveState != "active" {
			continue
		}
		if what.Type == UnknownType {
			return nil, &units.WorkerError{Unit: name, Message: "unknown type of records NONE"}
		}
		return fmt.Appendf(nil, `{"count":3,"name":%q,"exact":%t,"type":%q,"chunk":%d}`, what.Name, what.Exact, what.Type, what.Chunk), nil
	}
	return nil, fmt.Errorf("cannot clear the cache: %w", units.ErrNoWorker)
}
