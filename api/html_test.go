// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kresd-manager/api"
	"kresd-manager/internal/config"
)

// Pages load nothing and run nothing; what they lead to is there.
func TestPages(t *testing.T) {
	s := serve(t, api.Options{})
	for path, parts := range map[string][]string{
		"/schema/ui": {"/cache/size-max", "100M", "/management/roles/*/token"},
		"/api":       {"GET /v1/status", "PATCH /v1/config/{pointer}", "application/json-patch+json", "confirm-within"},
	} {
		got := s.ask(t, "GET", path, "")
		csp := got.Header.Get("Content-Security-Policy")
		if got.StatusCode != 200 || got.Header.Get("Content-Type") != "text/html; charset=utf-8" || got.Header.Get("X-Content-Type-Options") != "nosniff" ||
			!regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$`).MatchString(csp) {
			t.Errorf("%s: %d %v", path, got.StatusCode, got.Header)
		}
		if len(got.body) > 256<<10 {
			t.Errorf("%s has %d bytes", path, len(got.body))
		}
		for _, part := range parts {
			if !strings.Contains(got.body, html.EscapeString(part)) {
				t.Errorf("%s does not say %s", path, part)
			}
		}
		ids := map[string]bool{}
		var links []string
		depth := 0
		for z := html.NewTokenizer(strings.NewReader(got.body)); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			token := z.Token()
			switch kind {
			case html.StartTagToken:
				if token.Data != "meta" {
					depth++
				}
				switch token.Data {
				case "script", "link", "img", "iframe", "form", "object", "base":
					t.Errorf("%s has <%s>", path, token.Data)
				}
				for _, a := range token.Attr {
					switch {
					case a.Key == "href":
						links = append(links, a.Val)
					case a.Key == "id":
						if ids[a.Val] {
							t.Errorf("%s has the id %s twice", path, a.Val)
						}
						ids[a.Val] = true
					case a.Key == "style" || a.Key == "src" || strings.HasPrefix(a.Key, "on"):
						t.Errorf("%s has %s=%q", path, a.Key, a.Val)
					}
				}
			case html.EndTagToken:
				depth--
			}
		}
		if depth != 0 || len(links) < 5 {
			t.Errorf("%s: %d elements are open at its end, and it has %d links", path, depth, len(links))
		}
		for _, link := range links {
			if name, here := strings.CutPrefix(link, "#"); here && !ids[name] || !here && s.ask(t, "GET", link, "").StatusCode != 200 {
				t.Errorf("%s leads to %s, which is not there", path, link)
			}
		}
	}
	body := s.ask(t, "GET", "/schema/ui", "").body
	for _, k := range config.Keys() {
		if !strings.Contains(body, ">"+k.Pointer+"<") {
			t.Errorf("/schema/ui does not have %s", k.Pointer)
		}
	}
	// Everything else is nothing to show.
	got := s.ask(t, "GET", "/v1/config", "")
	if got.Header.Get("X-Content-Type-Options") != "nosniff" || got.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'" {
		t.Errorf("%v", got.Header)
	}
}
