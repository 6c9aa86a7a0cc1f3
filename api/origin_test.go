// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
)

func TestPagesOfAllowedOrigins(t *testing.T) {
	c := inmemory.New(t, running+`management: {unix-socket: /s, allow-origins: ["https://admin.example", "http://localhost:8080"]}`+"\n")
	s := serveController(t, c, api.Options{}, door.Options{})
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
		if allowed && (!strings.Contains(got.Header.Get("Access-Control-Expose-Headers"), "ETag") || !strings.Contains(got.Header.Get("Vary"), "Origin")) {
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
