// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/units"
)

func TestTermsOfAChange(t *testing.T) {
	s := serve(t, api.Options{})
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/v1/rollback/1?confirm-within=x", "", 400, "cannot read confirm-within=x"},
		{"/v1/rollback/1?confirm-within=0.5s", "", 400, "at least 1s"},
		{"/v1/rollback/1?confirm-within=200h", "", 400, "at most 168h"},
		{"/v1/rollback/1?confirm-within=99999999999999999999", "", 400, "confirm-within"},
		{"/v1/rollback/1?confirm=5m", "", 400, "no parameter confirm"},
		{"/v1/rollback/1?comment=" + strings.Repeat("x", 1001), "", 400, "at most 1000 bytes"},
		{"/v1/rollback/x", "", 400, "not the number of a change"},
		{"/v1/rollback/7", "", 404, "not in the history"},
		{"/v1/rollback", "", 404, "other than the running one"},
		{"/v1/confirm", "", 409, "no change waits"},
		{"/v1/confirm?x", "", 400, "takes no parameters"},
	} {
		got := s.ask(t, "POST", tt.path, tt.body)
		if got.StatusCode != tt.status || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s: %d %s", tt.path, got.StatusCode, got.body)
		}
	}
	got := s.ask(t, "PUT", "/v1/config/workers?confirm_within=300", "3", acceptJSON)
	var r units.Report
	if err := json.Unmarshal([]byte(got.body), &r); err != nil || r.ConfirmBy == nil || r.Entry != 2 {
		t.Errorf("got %s, error %v", got.body, err)
	}
	if got := s.ask(t, "PUT", "/v1/config/workers?confirm-within=5m", "4", acceptJSON); got.StatusCode != 409 || got.problem(t).Kind != wire.KindWaiting {
		t.Errorf("got %s", got.body)
	}
	if got := s.ask(t, "POST", "/v1/confirm", ""); got.StatusCode != 200 || got.body != "Change 2 is confirmed and stays.\n" {
		t.Errorf("got %s", got.body)
	}
	if got := s.ask(t, "POST", "/v1/rollback/1?comment=back", ""); got.StatusCode != 200 || !strings.HasPrefix(got.body, "Configuration rolled back in ") {
		t.Errorf("got %s", got.body)
	}
	if got := s.ask(t, "POST", "/reload", "", `If-Match: "nonsense"`); got.StatusCode != 412 {
		t.Errorf("got %s", got.body)
	}
}
