// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"testing"

	"kresd-manager/api"
	"kresd-manager/units"
)

func TestPlan(t *testing.T) {
	s := serve(t, api.Options{})
	s.Set(t, "workers: 3\n")
	got := s.ask(t, "GET", "/v1/plan", "")
	var report units.Report
	if err := json.Unmarshal([]byte(got.body), &report); err != nil || !report.DryRun || report.Plan.Empty() {
		t.Errorf("%v: %q", err, got.body)
	}
}
