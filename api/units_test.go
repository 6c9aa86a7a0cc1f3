// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"slices"
	"testing"

	"kresd-manager/api"
	"kresd-manager/units"
)

func TestUnits(t *testing.T) {
	s := serve(t, api.Options{})
	var list []units.UnitStatus
	got := s.ask(t, "GET", "/v1/units", "")
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || len(list) < 3 || !slices.ContainsFunc(list, func(u units.UnitStatus) bool { return u.Unit == "kresd@2.service" && u.PID > 0 }) {
		t.Errorf("%d %v %s", got.StatusCode, err, got.body)
	}
}
