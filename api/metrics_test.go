// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/units"
)

func TestMetrics(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "GET", "/metrics", "")
	if got.StatusCode != 200 || got.Request.URL.Path != "/metrics/json" {
		t.Errorf("/metrics leads to %s: %d", got.Request.URL.Path, got.StatusCode)
	}
	s.Systemd.Fail(units.Worker(2))
	got = s.ask(t, "GET", "/metrics/json", "")
	want := fmt.Sprintf(`{"kresd:kresd1":{"answer":{"total":%d,"1ms":2,"10ms":3,"slow":1,"sum_ms":1500}},"kresd:kresd2":null}`+"\n",
		s.Systemd.PIDs()[units.Worker(1)])
	if got.StatusCode != 200 || got.body != want || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("/metrics/json: %d %s of type %s", got.StatusCode, got.body, got.Header.Get("Content-Type"))
	}
	got = s.ask(t, "GET", "/metrics/prometheus", "")
	// Prometheus refuses what does not say that it is its format.
	if got.StatusCode != 200 || !strings.Contains(got.body, `resolver_metrics_loaded{instance_id="kresd:kresd2"} 0`) ||
		got.Header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("/metrics/prometheus: %d %s of type %s", got.StatusCode, got.body, got.Header.Get("Content-Type"))
	}
}

func TestRequestsAreMeasured(t *testing.T) {
	s := serve(t, api.Options{})
	s.ask(t, "GET", "/v1/status", "")
	s.ask(t, "GET", "/v1/config/nothing-like-that/at/all", "")
	s.ask(t, "PUT", "/v1/config/nsid", `"x"`)
	s.ask(t, "GET", "/no/such/route", "")
	got := s.ask(t, "GET", "/metrics/prometheus", "")
	for _, line := range []string{
		`kresd_manager_api_request_duration_seconds_count{class="read",status="2xx"} 1`,
		`kresd_manager_api_request_duration_seconds_count{class="read",status="4xx"} 1`,
		`kresd_manager_api_request_duration_seconds_count{class="configure",status="2xx"} 1`,
		`kresd_manager_api_request_duration_seconds_count{class="none",status="4xx"} 1`,
	} {
		if !strings.Contains(got.body, line+"\n") {
			t.Errorf("there is no %s in\n%s", line, got.body)
		}
	}
}
