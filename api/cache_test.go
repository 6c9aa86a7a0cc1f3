// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/units"
)

func TestClearCache(t *testing.T) {
	s := serve(t, api.Options{})
	for _, c := range []struct {
		body   string
		status int
		part   string // of a refusal
		told   *kresd.Clear
	}{
		{`{}`, 200, "", &kresd.Clear{}},
		{`{"name":"Example.COM."}`, 200, "", &kresd.Clear{Name: "example.com"}},
		{`{"name":"."}`, 200, "", &kresd.Clear{Name: "."}},
		{`{"name":"bücher.example","exact-name":true,"rr-type":"aaaa","chunk-size":7}`, 200, "",
			&kresd.Clear{Name: "xn--bcher-kva.example", Exact: true, Type: "AAAA", Chunk: 7}},
		{`{"name": "a.example", "exact-name": true, "rr-type": "NONE"}`, 422, "kresd@1.service refuses: unknown record type NONE",
			&kresd.Clear{Name: "a.example", Exact: true, Type: "NONE"}},
		{``, 400, "the request body is empty", nil},
		{`[]`, 400, "an object is needed", nil},
		{`"x"`, 400, "an object is needed", nil},
		{`{"name":`, 400, "", nil},
		{`{"nmae":"a.example"}`, 400, `unknown key "nmae"`, nil},
		{`{"name":null}`, 400, "/name is null; nothing was done", nil},
		{`{"name":"a.example","exact-name":null}`, 400, "/exact-name is null; nothing was done", nil},
		{`{"name":""}`, 400, "/name: ", nil},
		{`{"name":7}`, 400, "cannot read what to clear: /name: expected a string, found a number; use name", nil},
		{`{"name":["a"]}`, 400, "/name: expected a string, found a list", nil},
		{`{"exact-name":"yes"}`, 400, "/exact-name: expected true or false, found a string", nil},
		{`{"rr-type":true}`, 400, "/rr-type: expected a string, found a boolean", nil},
		{`{"chunk-size":{}}`, 400, "/chunk-size: expected an integer, found an object", nil},
		{`{"chunk-size":1.5}`, 400, "/chunk-size: expected an integer, found 1.5", nil},
		{`{"chunk-size":99999999999999999999}`, 400, "/chunk-size: expected an integer, found 99999999999999999999", nil},
		{`{"name":"x' and error(12345) or 'y"}`, 200, "",
			&kresd.Clear{Name: "x' and error(12345) or 'y"}}, // a strange name, and nothing but a name
		{`{"name":"a..example"}`, 400, "a label is empty", nil},
		{`{"exact-name":true}`, 400, "exact-name needs name", nil},
		{`{"name":"a.example","rr-type":"A"}`, 400, "rr-type needs exact-name", nil},
		{`{"chunk-size":0}`, 400, "chunk-size must be at least 1", nil},
	} {
		if c.status == 200 { // with the worker's own words
			c.part = fmt.Sprintf(`{"count":%d}`, s.Systemd.PIDs()[units.Worker(1)])
		}
		got := s.ask(t, "POST", "/cache/clear", c.body)
		if got.StatusCode != c.status || !strings.Contains(got.body, c.part) {
			t.Errorf("%s: %d %s, want %d %s", c.body, got.StatusCode, got.body, c.status, c.part)
		}
		var want []kresd.Clear
		if c.told != nil {
			want = append(want, *c.told)
		}
		if told := s.Systemd.Cleared(); !slices.Equal(told, want) {
			t.Errorf("%s: workers were told %+v, want %+v", c.body, told, want)
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
	c := inmemory.New(t, "workers: 1\n")
	c.Systemd.Fail(units.Worker(1))
	s := serveController(t, c, api.Options{}, door.Options{})
	if got := s.ask(t, "POST", "/cache/clear", "{}", acceptJSON); got.StatusCode != 503 || !strings.Contains(got.body, `"kind":"no-worker"`) {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
