// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
)

func TestRestart(t *testing.T) {
	s := serve(t, api.Options{})
	s.Systemd.Jobs()
	for _, c := range []struct {
		query  string
		status int
		part   string
		jobs   string
	}{
		{"?unit=1", 200, "Restarted units: 1, in ", "restart kresd@1.service"},
		{"?unit=1&unit=kresd2&dry-run", 200, "restart was asked for", ""},
		{"?unit=9", 404, "kresd@9.service is not a unit of this resolver", ""},
		{"?unit=what", 404, `there is no unit "what"`, ""},
		{"?unti=1", 400, "there is no parameter", ""},
		{"?unit=1&confirm-within=5m", 400, "does not change the configuration", ""},
	} {
		got := s.ask(t, "POST", "/v1/restart"+c.query, "")
		if got.StatusCode != c.status || !strings.Contains(got.body, c.part) {
			t.Errorf("%s: %d %s, want %d %s", c.query, got.StatusCode, got.body, c.status, c.part)
		}
		if jobs := strings.Join(s.Systemd.Jobs(), ", "); jobs != c.jobs {
			t.Errorf("%s: jobs %q, want %q", c.query, jobs, c.jobs)
		}
	}
}
