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

// On the unix socket, which ssh(1) carries to a browser, the kernel says who it is and no cookie
// has to: what a page elsewhere asks there would be answered as for the user.
func TestPagesElsewhereHaveNoUseForTheSocket(t *testing.T) {
	s := serve(t, api.Options{})
	for headers, want := range map[string]int{
		"": 200, // no browser, or an old one
		"Sec-Fetch-Site: same-origin|Sec-Fetch-Mode: cors|Sec-Fetch-Dest: empty":    200,
		"Sec-Fetch-Site: none|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document":    200,
		"Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: no-cors|Sec-Fetch-Dest: image":  403,
		"Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: no-cors|Sec-Fetch-Dest: script": 403,
		"Sec-Fetch-Site: same-site|Sec-Fetch-Mode: no-cors|Sec-Fetch-Dest: empty":   403,
		"Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: frame": 403,
		"Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate":                       403,
		// A link that the user follows shows them what they may see.
		"Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document": 200,
	} {
		var all []string
		if headers != "" {
			all = strings.Split(headers, "|")
		}
		for _, path := range []string{"/v1/config", "/ui/", "/metrics/json"} {
			got := s.ask(t, "GET", path, "", all...)
			if got.StatusCode != want || want == 403 && !strings.Contains(got.body, "was sent by a page of another site") {
				t.Errorf("%s %q: %d %.200s, want %d", path, headers, got.StatusCode, got.body, want)
			}
			if got.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s %q: other sites may show the answer: %v", path, headers, got.Header)
			}
		}
	}
}

// Over TLS a page that came in the clear is another origin, whatever its host.
func TestAPageWithoutTLSIsAnotherOrigin(t *testing.T) {
	s := serveTLS(t, "[{role: configure, token: "+configureToken+"}]")
	c := s.as(t, nil, "")
	cookie, _ := c.logIn(t, configureToken, "Host: dns1.example")
	for origin, want := range map[string]int{"https://dns1.example": 200, "http://dns1.example": 403} {
		got := c.ask(t, "PUT", "/v1/config/workers", "3", "Host: dns1.example", "Cookie: "+cookie, "Origin: "+origin)
		if got.StatusCode != want || want == 403 && !strings.Contains(got.body, "requests of pages from http://dns1.example are refused") {
			t.Errorf("%s: %d %s", origin, got.StatusCode, got.body)
		}
	}
}
