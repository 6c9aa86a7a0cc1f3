// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/apitest"
	"kresd-manager/units"
)

func TestMetrics(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "GET", "/metrics", "")
	if got.StatusCode != 200 || got.Request.URL.Path != "/metrics/json" {
		t.Errorf("/metrics leads to %s: %d", got.Request.URL.Path, got.StatusCode)
	}
	s.Kill(units.Worker(2))
	got = s.ask(t, "GET", "/metrics/json", "")
	const want = `{"kresd:kresd1":{"answer":{"total":1}},"kresd:kresd2":null}` + "\n"
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

func TestClearCache(t *testing.T) {
	for _, c := range []struct {
		body   string
		status int
		part   string
	}{
		{`{}`, 200, `{"count":3,"name":"","exact":false,"type":"","chunk":0}`},
		{`{"name":"Example.COM."}`, 200, `"name":"example.com"`},
		{`{"name":"."}`, 200, `"name":"."`},
		{`{"name":"bücher.example","exact-name":true,"rr-type":"aaaa","chunk-size":7}`, 200,
			`"name":"xn--bcher-kva.example","exact":true,"type":"AAAA","chunk":7`},
		{`{"name": "a.example", "exact-name": true, "rr-type": "NONE"}`, 422, "kresd@1.service refuses: unknown type of records NONE"},
		{``, 400, "the request body is empty"},
		{`[]`, 400, "an object is needed"},
		{`"x"`, 400, "an object is needed"},
		{`{"name":`, 400, ""},
		{`{"nmae":"a.example"}`, 400, `unknown field "nmae"`},
		{`{"name":7}`, 400, "cannot read what to clear"},
		{`{"name":"x' and error(12345) or 'y"}`, 200, `"name":"x' and error(12345) or 'y"`}, // a strange name, and nothing but a name
		{`{"name":"a..example"}`, 400, "a label is empty"},
		{`{"exact-name":true}`, 400, "exact-name needs name"},
		{`{"name":"a.example","rr-type":"A"}`, 400, "rr-type needs exact-name"},
		{`{"chunk-size":0}`, 400, "chunk-size must be at least 1"},
	} {
		s := serve(t, api.Options{})
		got := s.ask(t, "POST", "/cache/clear", c.body)
		if got.StatusCode != c.status || !strings.Contains(got.body, c.part) {
			t.Errorf("%s: %d %s, want %d %s", c.body, got.StatusCode, got.body, c.status, c.part)
		}
	}
}

func TestClearCacheTakesNoParameters(t *testing.T) {
	s := serve(t, api.Options{})
	if got := s.ask(t, "POST", "/cache/clear?name=example.com", "{}"); got.StatusCode != 400 || !strings.Contains(got.body, "nothing was done") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

func TestClearCacheWithoutWorkers(t *testing.T) {
	c := apitest.New("workers: 1\n")
	c.Kill(units.Worker(1))
	s := serveController(t, c, api.Options{}, api.ServerOptions{})
	if got := s.ask(t, "POST", "/cache/clear", "{}", acceptJSON); got.StatusCode != 503 || !strings.Contains(got.body, `"kind":"no-worker"`) {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
