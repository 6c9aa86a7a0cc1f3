// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/internal/token"
	"kresd-manager/units"
)

const inJSON = "Content-Type: application/json"

// logIn logs in with a token and returns what the browser keeps.
func (s *site) logIn(t *testing.T, secret string, headers ...string) (cookie string, got reply) {
	t.Helper()
	got = s.ask(t, "POST", "/v1/session", fmt.Sprintf(`{"token": %q}`, secret), append(headers, inJSON)...)
	if set := got.Header.Values("Set-Cookie"); len(set) > 0 {
		cookie, _, _ = strings.Cut(set[0], ";")
	}
	return cookie, got
}

// session is what the interface says of who asks.
func (s *site) session(t *testing.T, headers ...string) (who wire.Session) {
	t.Helper()
	got := s.ask(t, "GET", "/v1/session", "", headers...)
	if got.StatusCode != 200 || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", got.StatusCode, got.Header, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), &who); err != nil {
		t.Fatal(err)
	}
	return who
}

func TestATokenBecomesACookie(t *testing.T) {
	reader, changer := token.New(), token.New()
	path := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(token.Of(changer).String())
	log, text := logger(slog.LevelInfo)
	s := serveTCP(t, fmt.Sprintf("{interface: ADDRESS, roles: [{role: configure, name: alice, token-file: %s}, {role: read, token: '%s'}]}", path, token.Of(reader)), api.Options{Logger: log})

	who := s.session(t)
	if who.Role != "" || who.Session || who.Login != wire.LoginToken || who.Pages == "" || who.Expires != nil {
		t.Errorf("before: %+v", who)
	}
	cookie, got := s.logIn(t, changer)
	set := got.Header.Get("Set-Cookie")
	if got.StatusCode != 200 || !strings.HasPrefix(set, "kres=") || !strings.HasSuffix(set, "; Path=/; HttpOnly; SameSite=Strict") || strings.Contains(set, changer) {
		t.Fatalf("%d %q %s", got.StatusCode, set, got.body)
	}
	who = s.session(t, "Cookie: "+cookie)
	if who.Role != "configure" || who.Name != "alice" || !who.Session || time.Until(*who.Expires) < 11*time.Hour {
		t.Errorf("%+v", who)
	}
	// It has the role of the token, and history and log know by whom a change is.
	if got := s.ask(t, "PUT", "/v1/config/workers", "3", "Cookie: "+cookie); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	var h units.History
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/v1/history", "", "Cookie: "+cookie).body), &h); err != nil {
		t.Fatal(err)
	}
	if by := h.Entries[0].Who; by.Name != "alice" || by.Role != "/management/roles/0" || by.Via != units.ViaTCP {
		t.Errorf("%+v", by)
	}
	low, _ := s.logIn(t, reader)
	if get, put := s.ask(t, "GET", "/v1/status", "", "Cookie: "+low), s.ask(t, "PUT", "/v1/config/workers", "4", "Cookie: "+low); get.StatusCode != 200 || put.StatusCode != 403 || !strings.Contains(put.body, `has the role "read" only`) {
		t.Errorf("%d, %d %s", get.StatusCode, put.StatusCode, put.body)
	}
	// Secrets stay hidden from readers.
	if got := s.ask(t, "GET", "/v1/config/management", "", "Cookie: "+low).body; strings.Contains(got, token.Of(reader).String()) {
		t.Error(got)
	}
	// A stream is read with nothing but the cookie.
	if got := s.ask(t, "GET", "/v1/logs?follow=0", "", "Cookie: "+low); got.StatusCode != 404 {
		t.Errorf("%d %s", got.StatusCode, got.body) // there are no logs in this one
	}
	// Logging out ends it, and not only in the browser.
	out := s.ask(t, "DELETE", "/v1/session", "", "Cookie: "+low)
	if out.StatusCode != 204 || !strings.Contains(out.Header.Get("Set-Cookie"), "kres=; Path=/; Max-Age=0") {
		t.Errorf("%d %v", out.StatusCode, out.Header)
	}
	if got := s.ask(t, "GET", "/v1/status", "", "Cookie: "+low); got.StatusCode != 401 || !strings.Contains(got.body, "the session has ended") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	// Another token in the file, and the session of the old one has ended; it does not come back.
	write(token.Of(token.New()).String())
	if got := s.ask(t, "PUT", "/v1/config/workers", "5", "Cookie: "+cookie); got.StatusCode != 401 || !strings.Contains(got.body, "the session has ended") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	write(token.Of(changer).String())
	if got := s.ask(t, "GET", "/v1/status", "", "Cookie: "+cookie); got.StatusCode != 401 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	// So it is with a role that is taken away.
	cookie, _ = s.logIn(t, changer)
	if got := s.ask(t, "PUT", "/v1/config/management/roles/0/role", `"read"`, "Cookie: "+cookie); got.StatusCode != 200 {
		t.Fatal(got.body)
	}
	if got := s.ask(t, "PUT", "/v1/config/workers", "5", "Cookie: "+cookie); got.StatusCode != 403 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	for _, secret := range []string{reader, changer, strings.TrimPrefix(cookie, "kres=")} {
		if strings.Contains(text.String(), secret) {
			t.Error("the log has a secret")
		}
	}
	if !strings.Contains(text.String(), `msg="logged in to the pages" who="alice 127.0.0.1:`) {
		t.Error(text.String())
	}
}

// What others send in our name does nothing: a page elsewhere, a form, a page at another
// port of this host.
func TestCookiesOfForeignPagesDoNotCount(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, allow-origins: ['https://admin.example'], roles: [{role: configure, token: "+configureToken+"}]}", api.Options{})
	cookie, _ := s.logIn(t, configureToken)
	for headers, want := range map[string][2]int{ // of a write, of a read
		"":                            {200, 200},
		"Sec-Fetch-Site: same-origin": {200, 200},
		"Sec-Fetch-Site: none":        {200, 200},
		"Origin: http://localhost|Sec-Fetch-Site: same-origin": {200, 200},
		"Sec-Fetch-Site: same-site":                            {403, 403},
		"Sec-Fetch-Site: cross-site":                           {403, 403},
		"Sec-Fetch-Site: odd":                                  {403, 403},
		// A link that a user has followed: whoever set it shall not know what they may see.
		"Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document": {403, 401},
		"Origin: http://localhost:1234":                       {403, 403},
		"Origin: https://evil.example":                        {403, 403},
		"Origin: null":                                        {403, 403},
		"Origin: http://localhost|Sec-Fetch-Site: cross-site": {403, 403},
		"Origin: https://admin.example":                       {401, 401}, // may use the API, with a token
	} {
		all := []string{"Cookie: " + cookie}
		if headers != "" {
			all = append(all, strings.Split(headers, "|")...)
		}
		put, get := s.ask(t, "PUT", "/v1/config/workers", "3", all...), s.ask(t, "GET", "/v1/status", "", all...)
		if put.StatusCode != want[0] || get.StatusCode != want[1] {
			t.Errorf("%s: write %d %s, read %d %s", headers, put.StatusCode, put.body, get.StatusCode, get.body)
		}
	}
	if got := s.ask(t, "PUT", "/v1/config/workers", "3", "Cookie: "+cookie, "Sec-Fetch-Site: cross-site"); !strings.Contains(got.body, "was sent by a page of another site") {
		t.Error(got.body)
	}
	// Nobody can be logged in as someone else: forms send no JSON, and other sites nothing.
	body := `{"token": "` + configureToken + `"}`
	for _, header := range []string{"Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=x"} {
		if got := s.ask(t, "POST", "/v1/session", body, header); got.StatusCode != 415 || len(got.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: %d", header, got.StatusCode)
		}
	}
	if got := s.ask(t, "POST", "/v1/session", body, inJSON, "Sec-Fetch-Site: cross-site"); got.StatusCode != 403 || len(got.Header.Values("Set-Cookie")) > 0 {
		t.Errorf("%d", got.StatusCode)
	}
}

// Who logs in gets a cookie that no one has seen, whatever the browser sends.
func TestSessionsAreNotFixed(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: configure, token: "+configureToken+"}]}", api.Options{})
	chosen := "kres=" + strings.Repeat("A", 43)
	cookie, _ := s.logIn(t, configureToken, "Cookie: "+chosen)
	if cookie == chosen || s.session(t, "Cookie: "+chosen).Role != "" || s.session(t, "Cookie: "+cookie).Role != "configure" {
		t.Errorf("%s", cookie)
	}
	again, _ := s.logIn(t, configureToken, "Cookie: "+cookie)
	if again == cookie || s.session(t, "Cookie: "+cookie).Role != "" {
		t.Error("the session before the login goes on")
	}
	for _, odd := range []string{"kres=", "kres", "kres=a; kres=b", "x=" + strings.TrimPrefix(again, "kres="), "__Host-kres=x"} {
		if who := s.session(t, "Cookie: "+odd); who.Role != "" {
			t.Errorf("%q: %+v", odd, who)
		}
	}
}

func TestTokensCannotBeGuessedByLoggingIn(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: configure, token: "+configureToken+"}]}", api.Options{Logger: log})
	for _, body := range []string{"", "{}", "[]", "x", `{"token": ""}`, `{"token": 7}`, `{"token": "a", "code": "b"}`, `{"token": "secret-of-mine`} {
		if got := s.ask(t, "POST", "/v1/session", body, inJSON); got.StatusCode != 400 || !strings.Contains(got.body, "to log in send") || strings.Contains(got.body, "secret") {
			t.Errorf("%s: %d %s", body, got.StatusCode, got.body)
		}
	}
	if got := s.ask(t, "POST", "/v1/session", `{"token": "`+strings.Repeat("x", 1<<16)+`"}`, inJSON); got.StatusCode != 413 {
		t.Errorf("a huge token: %d", got.StatusCode)
	}
	statuses := map[int]int{}
	for range 30 {
		_, got := s.logIn(t, token.New())
		statuses[got.StatusCode]++
		if got.StatusCode == 429 && got.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
	}
	if statuses[401] < 5 || statuses[401] > 11 || statuses[429] != 30-statuses[401] {
		t.Errorf("%v", statuses)
	}
	if _, got := s.logIn(t, configureToken); got.StatusCode != 429 { // not looked at
		t.Errorf("%d", got.StatusCode)
	}
	if got := s.ask(t, "POST", "/v1/session", `{"code": "x"}`, inJSON); got.StatusCode != 429 {
		t.Errorf("codes are not slowed down: %d", got.StatusCode)
	}
	if n := strings.Count(text.String(), "wrong token"); n < 5 || strings.Contains(text.String(), "secret-of-mine") {
		t.Errorf("%d lines: %s", n, text.String())
	}
}

// Over TLS browsers take the cookie from this host alone, and send it nowhere else.
func TestCookiesOverTLS(t *testing.T) {
	s := serveTLS(t, "[{role: read, certificates: [alice]}, {role: configure, token: "+configureToken+"}]")
	c := s.as(t, nil, "")
	cookie, got := c.logIn(t, configureToken, "Host: dns1.example")
	if set := got.Header.Get("Set-Cookie"); got.StatusCode != 200 || !strings.HasPrefix(set, "__Host-kres=") || !strings.HasSuffix(set, "; Path=/; HttpOnly; Secure; SameSite=Strict") {
		t.Fatalf("%d %q %s", got.StatusCode, set, got.body)
	}
	value := strings.TrimPrefix(cookie, "__Host-kres=")
	for sent, want := range map[string]wire.Access{cookie: "configure", "kres=" + value: "", "kres=x; " + cookie: "configure"} {
		if who := c.session(t, "Host: dns1.example", "Cookie: "+sent); who.Role != want {
			t.Errorf("%s: %+v", sent, who)
		}
	}
	// A certificate needs no login.
	if who := s.as(t, s.ca, "alice").session(t, "Host: dns1.example"); who.Role != "read" || who.Name != "alice" || who.Session || !strings.HasPrefix(who.Pages, "https://127.0.0.1:") {
		t.Errorf("%+v", who)
	}
}

// On the unix socket the kernel says who it is.
func TestNoOneLogsInOnTheSocket(t *testing.T) {
	s := serve(t, api.Options{})
	who := s.session(t)
	if who.Role != "configure" || who.Login != wire.LoginNone || who.Session || who.Who.UID == nil || who.Pages != "" || who.Name == "" {
		t.Errorf("%+v", who)
	}
	if got := s.ask(t, "POST", "/v1/session/link", ""); got.StatusCode != 409 || !strings.Contains(got.body, "set /management/interface") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

// Where the token would be seen on its way there is no login.
func TestNoLoginInTheClear(t *testing.T) {
	c := inmemory.New(t, running+"management: {interface: 192.0.2.1@8453, roles: [{role: configure, token: "+configureToken+"}]}\n")
	h := described(t, api.New(c, api.Options{}))
	at := netip.MustParseAddrPort("192.0.2.1:8453")
	ask := func(method, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://192.0.2.1:8453/v1/session", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(door.With(r.Context(), &door.Caller{Remote: netip.MustParseAddrPort("192.0.2.7:1000"), Local: at, Listener: at})))
		return w
	}
	if got := ask("POST", `{"token": "`+configureToken+`"}`); got.Code != 403 || !strings.Contains(got.Body.String(), "in the clear") || len(got.Header().Values("Set-Cookie")) > 0 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if got := ask("GET", ""); got.Code != 200 || !strings.Contains(got.Body.String(), `"login":"no-tls"`) {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestALinkLogsInOnce(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: operate, name: alice, token: "+configureToken+"}]}", api.Options{})
	if got := s.ask(t, "POST", "/v1/session/link", ""); got.StatusCode != 401 {
		t.Errorf("without a token: %d %s", got.StatusCode, got.body)
	}
	var link wire.SessionLink
	got := s.ask(t, "POST", "/v1/session/link", "", "Authorization: Bearer "+configureToken)
	if err := json.Unmarshal([]byte(got.body), &link); err != nil || got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	address, code, _ := strings.Cut(link.URL, "#code=")
	if address != s.session(t).Pages || len(code) != 43 || strings.Contains(link.URL, configureToken) {
		t.Errorf("%+v", link)
	}
	follow := func() reply {
		return s.ask(t, "POST", "/v1/session", `{"code": "`+code+`"}`, inJSON)
	}
	first, second := follow(), follow()
	if first.StatusCode != 200 || !strings.Contains(first.body, `"role":"operate"`) || !strings.Contains(first.body, `"name":"alice"`) {
		t.Errorf("%d %s", first.StatusCode, first.body)
	}
	if second.StatusCode != 401 || !strings.Contains(second.body, "the link was followed already") || len(second.Header.Values("Set-Cookie")) > 0 {
		t.Errorf("%d %s", second.StatusCode, second.body)
	}
	cookie, _, _ := strings.Cut(first.Header.Get("Set-Cookie"), ";")
	if got := s.ask(t, "POST", "/v1/session/link", "", "Cookie: "+cookie); got.StatusCode != 403 {
		t.Errorf("a session makes a link: %d %s", got.StatusCode, got.body)
	}
}

// Who may no longer read hears no more, also of a stream that was open before.
func TestStreamsEndWithTheirSession(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: configure, token: "+configureToken+"}]}", api.Options{StreamPing: 5 * time.Millisecond})
	cookie, _ := s.logIn(t, configureToken)
	for _, header := range []string{"Cookie: " + cookie, "Authorization: Bearer " + configureToken} {
		r, err := http.NewRequest("GET", "http://localhost/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
		resp, err := s.http.Do(r)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%v %v", resp, err)
		}
		in := bufio.NewScanner(resp.Body)
		for pings := 0; pings < 3 && in.Scan(); { // it goes on as long as they may
			if in.Text() == ":" {
				pings++
			}
		}
		if strings.HasPrefix(header, "Cookie") {
			s.ask(t, "DELETE", "/v1/session", "", header)
		} else if got := s.ask(t, "PUT", "/v1/config/management/roles/0/token", `"`+token.New()+`"`, header); got.StatusCode != 200 {
			t.Fatal(got.body)
		}
		for in.Scan() { // and ends
		}
		if err := in.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_ = resp.Body.Close()
	}
}

// Who does not send what they log in with is not waited for.
func TestSlowLogins(t *testing.T) {
	s := serve(t, api.Options{BodyTimeout: 20 * time.Millisecond})
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, " 408 ") {
		t.Errorf("%q %v", line, err)
	}
}

// Whoever guesses tokens cannot hide it behind other lines that they have the log filled with.
func TestWhoGuessesIsNotLostAmongOtherLines(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: configure, token: "+configureToken+"}]}", api.Options{Logger: log})
	for range 60 {
		s.ask(t, "POST", "/ui/csp", `{"csp-report": {"effective-directive": "img-src"}}`, "Content-Type: application/csp-report")
		s.ask(t, "GET", "/v1/status", "")
	}
	if said := text.String(); !strings.Contains(said, "a page broke its") || !strings.Contains(said, "request refused") {
		t.Fatal(said)
	}
	_, _ = s.logIn(t, token.New())
	s.ask(t, "GET", "/v1/status", "", "Authorization: Bearer "+token.New())
	if n := strings.Count(text.String(), "wrong token"); n != 2 {
		t.Errorf("%d of 2 wrong tokens are in the log", n)
	}
}

// Anyone may send a login. They are given less time than who may do something.
func TestLoginsAreShort(t *testing.T) {
	t.Parallel()
	s := serve(t, api.Options{BodyTimeout: time.Hour})
	for _, header := range []string{"POST /v1/session HTTP/1.1\r\nContent-Type: application/json", "POST /ui/csp HTTP/1.1"} {
		conn, err := net.Dial("unix", s.socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		fmt.Fprintf(conn, "%s\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n{", header)
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, " 40") {
			t.Errorf("%q %v", line, err)
		}
	}
}
