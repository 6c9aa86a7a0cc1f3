// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
)

func TestProfiles(t *testing.T) {
	s := serve(t, api.Options{})
	if got := s.ask(t, "GET", "/debug/pprof/heap", ""); got.StatusCode != 404 || !strings.Contains(got.body, "/management/pprof") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	s.ask(t, "PUT", "/v1/config/management", `{"unix-socket": "/s", "pprof": true}`)
	for path, part := range map[string]string{
		"":                          "goroutine",
		"heap?debug=1":              "heap profile",
		"goroutine?debug=1":         "TestProfiles",
		"profile?seconds=1":         "\x1f\x8b", // gzip
		"cmdline":                   "test",
		"no-such":                   "Unknown profile",
		"trace?seconds=0.1&x=%00%0": "go 1.",
	} {
		if got := s.ask(t, "GET", "/debug/pprof/"+path, ""); !strings.Contains(got.body, part) {
			t.Errorf("%s: %d %.100q", path, got.StatusCode, got.body)
		}
	}
	tcp := serveTCP(t, "{interface: ADDRESS, pprof: true, roles: [{role: operate, token: "+readToken+"}]}", api.Options{})
	if got := tcp.ask(t, "GET", "/debug/pprof/heap", "", "Authorization: Bearer "+readToken); got.StatusCode != 403 {
		t.Errorf("who may not change the configuration gets %d", got.StatusCode)
	}
}
