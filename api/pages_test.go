// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/web"
)

// bare asks without the compression that net/http would ask for and undo.
func (s *site) bare(tb testing.TB, path string, headers ...string) reply {
	return s.ask(tb, "GET", path, "", append(headers, "Accept-Encoding: identity")...)
}

func TestThePagesAreServedWithTheirGuards(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: read, token: "+configureToken+"}]}", api.Options{})
	guarded := func(got reply) {
		t.Helper()
		for name, want := range map[string]string{
			"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types 'none'; report-uri /ui/csp", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if !strings.HasSuffix(got.Header.Get(name), want) {
				t.Errorf("%s: %s: %q", got.Request.URL, name, got.Header.Get(name))
			}
		}
		if policy := got.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
			t.Error(policy)
		}
	}
	// They say nothing that not all may know: no token is needed.
	got := s.bare(t, "/ui/")
	guarded(got)
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "text/html; charset=utf-8" || got.Header.Get("Cache-Control") != "no-cache" || !strings.HasPrefix(got.body, "<!DOCTYPE html>") {
		t.Errorf("%d %v %s", got.StatusCode, got.Header, got.body)
	}
	etag := got.Header.Get("ETag")
	if again := s.bare(t, "/ui/", "If-None-Match: "+etag); again.StatusCode != 304 || again.body != "" || again.Header.Get("ETag") != etag {
		t.Errorf("with its ETag: %d %q", again.StatusCode, again.body)
	}
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if got := s.bare(t, "/ui"); got.StatusCode != 301 || got.Header.Get("Location") != "/ui/" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	// Nothing else can be had, no directory and nothing outside.
	for _, path := range []string{"/ui/assets", "/ui/assets/", "/ui/..", "/ui/../embed.go", "/ui/%2e%2e/embed.go", "/ui/..%2fembed.go", "/ui//index.html", "/ui/./index.html", "/ui/index.html/", "/ui/index.html%00", "/ui/dist/index.html", "/ui/embed.go", "/ui/index.html.gz"} {
		got := s.bare(t, path)
		guarded(got)
		if got.StatusCode != 404 || !strings.Contains(got.body, "there is nothing at") {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
	if got := s.ask(t, "POST", "/ui/", ""); got.StatusCode != 405 {
		t.Errorf("POST: %d", got.StatusCode)
	}
	// Data has the strictest policy still.
	if got := s.bare(t, "/v1/status"); got.StatusCode != 401 || got.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

// Every file comes compressed to who takes that, and as it is to others.
func TestFilesOfThePagesInBothForms(t *testing.T) {
	s := serve(t, api.Options{})
	for _, name := range web.Names() {
		f, _ := web.Open(name)
		want, err := f.Unpacked()
		if err != nil {
			t.Fatal(err)
		}
		plain := s.bare(t, "/ui/"+name)
		if plain.StatusCode != 200 || plain.body != string(want) || plain.Header.Get("Content-Type") != f.Type || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", name, plain.StatusCode, plain.Header)
		}
		if immutable := strings.Contains(plain.Header.Get("Cache-Control"), "immutable"); immutable != strings.HasPrefix(name, "assets/") {
			t.Errorf("%s: immutable: %v", name, immutable)
		}
		packed := s.ask(t, "GET", "/ui/"+name, "", "Accept-Encoding: br, gzip;q=0.8")
		if !f.Packed {
			continue
		}
		if r, err := gzip.NewReader(strings.NewReader(packed.body)); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if text, err := io.ReadAll(r); err != nil || string(text) != string(want) {
			t.Errorf("%s: %v", name, err)
		}
		if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" || packed.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("%s: %v", name, packed.Header)
		}
	}
}

func TestWhatAPageWasKeptFromIsLogged(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	s := serve(t, api.Options{Logger: log})
	send := func(body string) int {
		return s.ask(t, "POST", "/ui/csp", body, "Content-Type: application/csp-report").StatusCode
	}
	if got := send(`{"csp-report": {"effective-directive": "script-src-elem", "blocked-uri": "https://evil.example/x.js` + strings.Repeat("y", 1000) + `", "source-file": "http://localhost/ui/", "line-number": 7}}`); got != 204 {
		t.Error(got)
	}
	if said := text.String(); !strings.Contains(said, `msg="a page broke its Content-Security-Policy" directive=script-src-elem blocked=https://evil.example/x.jsyyy`) || strings.Contains(said, strings.Repeat("y", 300)) {
		t.Error(said)
	}
	for _, body := range []string{"", "{}", "[]", `{"csp-report": 1}`, "{" + strings.Repeat(" ", 20<<10)} {
		if got := send(body); got != 400 {
			t.Errorf("%.20q: %d", body, got)
		}
	}
	for range 100 { // fills no log
		send(`{"csp-report": {"effective-directive": "img-src"}}`)
	}
	if n := strings.Count(text.String(), "directive=img-src"); n == 0 || n > 30 {
		t.Errorf("%d lines", n)
	}
}

func TestWhoGetsWhatIsCompressed(t *testing.T) {
	s := serve(t, api.Options{})
	f, ok := web.Open(web.Index)
	if !ok || !f.Packed {
		t.Fatal("the page is not compressed")
	}
	for accept, want := range map[string]bool{
		"gzip": true, "GZIP": true, "br;q=1.0, gzip;q=0.001": true, "x-gzip": true, "*": true, "gzip ; q=1": true,
		"identity": false, "gzip;q=0": false, "gzip; q=0.000": false, "br": false, "gzipped": false, "*;q=0": false, ",": false,
	} {
		if got := s.ask(t, "GET", "/ui/", "", "Accept-Encoding: "+accept); (got.Header.Get("Content-Encoding") == "gzip") != want || got.StatusCode != 200 {
			t.Errorf("%q: %d %v", accept, got.StatusCode, got.Header)
		}
	}
}
