// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/units"
)

func TestStatus(t *testing.T) {
	s := serve(t, api.Options{})
	var root struct{ Msg, Status string }
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/", "").body), &root); err != nil || root.Status != "RUNNING" || root.Msg == "" {
		t.Errorf("root: %v %+v", err, root)
	}
	var status units.Status
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/v1/status", "").body), &status); err != nil || status.Workers != 2 {
		t.Errorf("status: %v %+v", err, status)
	}
	s.Systemd.Fail(units.Worker(2))
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/", "").body), &root); err != nil || root.Status != "DEGRADED" {
		t.Errorf("root: %v %+v", err, root)
	}
}

// Without systemd, and without a look at it that could be shown in its place, there is
// no status.
func TestNoStatusWithoutSystemd(t *testing.T) {
	s := serveController(t, &defective{inmemory.New(t, running), units.ErrUnavailable}, api.Options{}, door.Options{})
	for _, path := range []string{"/", "/v1/status", "/processes"} {
		if got := s.ask(t, "GET", path, "", acceptJSON); got.StatusCode != 503 || got.problem(t).Kind != wire.KindUnavailable {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
}
