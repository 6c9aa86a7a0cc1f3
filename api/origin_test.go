// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/apitest"
)

func TestPagesOfAllowedOrigins(t *testing.T) {
	c := apitest.New(running + `management: {unix-socket: /s, allow-origins: ["https://admin.example", "http://localhost:8080"]}` + "\n")
	s := serveController(t, c, api.Options{}, api.ServerOptions{})
	for origin, allowed := range map[string]bool{
		"https://admin.example":         true,
		"https://ADMIN.example":         true,
		"http://localhost:8080":         true,
		"http://admin.example":          false,
		"https://admin.example:8443":    false,
		"https://admin.example.evil":    false,
		"https://evil.admin.example":    false,
		"http://localhost:8081":         false,
		"null":                          false,
		"https://admin.example, x":      false,
		"https://admin.example https:/": false,
	} {
		want := 403
		if allowed {
			want = 200
		}
		got := s.ask(t, "GET", "/v1/config/workers", "", "Origin: "+origin)
		if got.StatusCode != want || (got.Header.Get("Access-Control-Allow-Origin") == origin) != allowed {
			t.Errorf("GET of a page from %s: %d %v", origin, got.StatusCode, got.Header)
		}
		if allowed && (!strings.Contains(got.Header.Get("Access-Control-Expose-Headers"), "ETag") || got.Header.Get("Vary") != "Origin") {
			t.Errorf("GET of a page from %s: %v", origin, got.Header)
		}
		// What a browser asks before it sends anything else; nothing is done.
		want = 403
		if allowed {
			want = 204
		}
		got = s.ask(t, "OPTIONS", "/v1/config/workers", "", "Origin: "+origin,
			"Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization, if-match")
		if got.StatusCode != want || strings.Contains(got.Header.Get("Access-Control-Allow-Methods"), "PUT") != allowed ||
			strings.Contains(got.Header.Get("Access-Control-Allow-Headers"), "Authorization, Content-Type, If-Match") != allowed ||
			got.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("OPTIONS of a page from %s: %d %v", origin, got.StatusCode, got.Header)
		}
	}
	// It says nothing of hosts.
	if got := s.ask(t, "GET", "/v1/config", "", "Host: admin.example", "Origin: https://admin.example"); got.StatusCode != 403 {
		t.Errorf("with the page's host: %d", got.StatusCode)
	}
	// The configuration that runs counts.
	if got := s.ask(t, "DELETE", "/v1/config/management/allow-origins", "", "Origin: https://admin.example"); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/v1/config", "", "Origin: https://admin.example"); got.StatusCode != 403 {
		t.Errorf("after it was taken away: %d", got.StatusCode)
	}
}

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
