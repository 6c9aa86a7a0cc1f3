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

func TestTrace(t *testing.T) {
	s := serve(t, api.Options{})
	for _, c := range []struct {
		body   string
		status int
		parts  []string
	}{
		{`{"name":"WWW.example"}`, 200, []string{`"unit":"kresd@1.service","name":"www.example","type":"A"`, `"rcode":"NOERROR"`, `"kind":"ask"`, `"address":"192.0.2.53:53"`}},
		{`{"name":"www.example","type":"a"}`, 200, []string{`"kind":"cache-hit"`}},
		{`{"name":"www.example","unit":"2","from":"::ffff:192.0.2.9"}`, 200, []string{`"unit":"kresd@2.service"`, `"from":"192.0.2.9"`}},
		{`{"name":"www.example","unit":"kresd9"}`, 404, []string{"kresd@9.service is not a worker of this resolver"}},
		{`{"name":"www.example","unit":"gc"}`, 404, []string{"kres-gc.service is not a worker of this resolver"}},
		{`{"name":"www.example","unit":"what"}`, 404, []string{`there is no unit "what"`}},
		{`{"name":"www.example","type":"NONE"}`, 422, []string{"kresd@1.service refuses: unknown record type NONE"}},
		{`{"name":"www.example","type":"A')"}`, 400, []string{"is not a record type"}},
		{`{"name":"www.example","from":"here"}`, 400, []string{"/from: ", "is not an IP address"}},
		{`{"name":"www.example","from":"fe80::1%lo"}`, 400, []string{"is not an IP address"}},
		{`{"name":"a..b"}`, 400, []string{"/name: "}},
		{`{"name":""}`, 400, []string{"/name: "}},
		{`{}`, 400, []string{"/name: a domain name is missing"}},
		{`[]`, 400, []string{"an object is needed"}},
		{`{"nmae":"x"}`, 400, []string{`unknown key "nmae"; use name, type, from and unit`}},
	} {
		got := s.ask(t, "POST", "/v1/trace", c.body)
		for _, part := range c.parts {
			if got.StatusCode != c.status || !strings.Contains(got.body, part) {
				t.Errorf("%s: %d %s, want %d with %s", c.body, got.StatusCode, got.body, c.status, part)
			}
		}
	}
}

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
