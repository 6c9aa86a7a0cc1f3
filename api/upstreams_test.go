// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/units"
)

func TestCacheAndUpstreams(t *testing.T) {
	s := serve(t, api.Options{})
	s.Systemd.FillCache(12.5)
	var cache units.CacheStatistics
	got := s.ask(t, "GET", "/v1/cache", "")
	if err := json.Unmarshal([]byte(got.body), &cache); err != nil || cache.Usage != 12.5 || cache.Entries != 1234 || len(cache.Workers) == 0 || cache.Workers[0].Reads != 300 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	var up units.Upstreams
	got = s.ask(t, "GET", "/v1/upstreams", "")
	if err := json.Unmarshal([]byte(got.body), &up); err != nil || len(up.Servers) != 2 || up.Servers[0].Address != "2001:db8::53" || up.Workers[0].Timeouts != 3 || up.Workers[0].TCP != 3 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	var v units.Versions
	got = s.ask(t, "GET", "/v1/version", "")
	if err := json.Unmarshal([]byte(got.body), &v); err != nil || v.Manager != "test" || v.Systemd != "259 (in memory)" || v.Workers["kresd@1.service"] != "6.5.0" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	for _, path := range []string{"/v1/cache", "/v1/upstreams", "/v1/version"} {
		if got := s.ask(t, "GET", path+"?x=1", ""); got.StatusCode != 400 {
			t.Errorf("%s with a parameter: %d", path, got.StatusCode)
		}
	}
}

func TestWhatIsAskedOfWorkersWithoutAny(t *testing.T) {
	c := inmemory.New(t, "workers: 1\n")
	c.Systemd.Fail(units.Worker(1))
	s := serveController(t, c, api.Options{}, door.Options{})
	for _, ask := range [][3]string{{"POST", "/v1/trace", `{"name":"a"}`}, {"GET", "/v1/cache", ""}, {"GET", "/v1/upstreams", ""}} {
		if got := s.ask(t, ask[0], ask[1], ask[2], acceptJSON); got.StatusCode != 503 || !strings.Contains(got.body, `"kind":"no-worker"`) {
			t.Errorf("%s: %d %s", ask[1], got.StatusCode, got.body)
		}
	}
}
