// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// manager answers as one on a unix socket, and says what it was sent.
func manager(t *testing.T) (*httptest.Server, *[]string) {
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, fmt.Sprintf("%s %s %s %v", r.Method, r.Host, r.URL, r.Header))
		w.Header().Set("Set-Cookie", "x=y")
		if r.URL.Path == "/v1/session" {
			fmt.Fprint(w, `{"role":"configure"}`)
			return
		}
		fmt.Fprintf(w, "%s %s", r.Method, r.URL)
	}))
	t.Cleanup(s.Close)
	return s, &seen
}

type browser struct {
	*Bridge
	site string
}

func (b *browser) ask(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, b.site+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func open(t *testing.T) (*browser, *[]string) {
	t.Helper()
	m, seen := manager(t)
	b, err := Open(http.DefaultTransport, strings.TrimPrefix(m.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	site, _, _ := strings.Cut(b.Link(), "/ui/")
	return &browser{b, site}, seen
}

const inJSON = "Content-Type: application/json"

func TestTheLinkLetsOneBrowserIn(t *testing.T) {
	b, seen := open(t)
	_, code, _ := strings.Cut(b.Link(), "#code=")
	if resp, text := b.ask(t, "GET", "/ui/", ""); resp.StatusCode != 200 || text != "GET /ui/" {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	if resp, text := b.ask(t, "GET", "/v1/session", ""); resp.StatusCode != 200 || !strings.Contains(text, `"role":""`) {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	for _, path := range []string{"/", "/v1/status", "/v1/config", "/uix", "/v1/session/link", "/openapi.json"} {
		if resp, text := b.ask(t, "GET", path, "", "Cookie: kres="+code); resp.StatusCode != 401 || !strings.Contains(text, "open the link") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, text)
		}
	}
	for _, body := range []string{"", "x", "{}", `{"code": ""}`, `{"code": "` + code + `x"}`, `{"token": "` + code + `"}`, `{"code": "` + strings.Repeat("x", 5000) + `"}`} {
		if resp, _ := b.ask(t, "POST", "/v1/session", body, inJSON); resp.StatusCode != 401 && resp.StatusCode != 400 {
			t.Errorf("%.20s: %d", body, resp.StatusCode)
		}
	}
	if resp, _ := b.ask(t, "POST", "/v1/session", `{"code": "`+code+`"}`, "Content-Type: text/plain"); resp.StatusCode != 400 {
		t.Errorf("from a form: %d", resp.StatusCode)
	}
	resp, text := b.ask(t, "POST", "/v1/session", `{"code": "`+code+`"}`, inJSON)
	set := resp.Header.Values("Set-Cookie")
	if resp.StatusCode != 200 || text != `{"role":"configure"}` || len(set) != 1 || !strings.HasSuffix(set[0], "; Path=/; HttpOnly; SameSite=Strict") {
		t.Fatalf("%d %q %s", resp.StatusCode, set, text)
	}
	cookie, _, _ := strings.Cut(set[0], ";")
	if resp, _ := b.ask(t, "POST", "/v1/session", `{"code": "`+code+`"}`, inJSON); resp.StatusCode != 401 {
		t.Errorf("followed twice: %d", resp.StatusCode)
	}
	*seen = nil
	resp, text = b.ask(t, "PUT", "/v1/config/workers?dry-run", "3", "Cookie: "+cookie, "Origin: "+b.site, "Sec-Fetch-Site: same-origin", "Authorization: Bearer x", "If-Match: \"e\"")
	if resp.StatusCode != 200 || text != "PUT /v1/config/workers?dry-run" || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d %s %v", resp.StatusCode, text, resp.Header)
	}
	if got := (*seen)[0]; strings.Contains(got, "kres=") || strings.Contains(got, "Origin") || strings.Contains(got, "Bearer") || !strings.Contains(got, "If-Match") {
		t.Errorf("the manager is sent %s", got)
	}
	if resp, _ := b.ask(t, "DELETE", "/v1/session", "", "Cookie: "+cookie); resp.StatusCode != 409 {
		t.Errorf("log out: %d", resp.StatusCode)
	}
	// Pages of others have nothing of it, with the cookie or without.
	for _, headers := range [][]string{{"Origin: http://127.0.0.1:1"}, {"Origin: null"}, {"Sec-Fetch-Site: same-site"}, {"Sec-Fetch-Site: cross-site"}, {"Host: evil.example"}, {"Host: localhost"}} {
		for _, method := range []string{"GET", "PUT"} {
			if resp, text := b.ask(t, method, "/v1/config", "", append(headers, "Cookie: "+cookie)...); resp.StatusCode != 403 {
				t.Errorf("%s %q: %d %s", method, headers, resp.StatusCode, text)
			}
		}
	}
}

// A manager that is away is an answer that pages understand.
func TestAManagerThatIsAway(t *testing.T) {
	b, err := Open(http.DefaultTransport, "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer b.listener.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://"+b.listener.Addr().String()+"/ui/", nil)
	b.ServeHTTP(w, r)
	if w.Code != 503 || !strings.Contains(w.Body.String(), `"kind":"systemd-unreachable"`) && !strings.Contains(w.Body.String(), "refused") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Nothing but files of the pages is asked for those who have not followed the link.
func TestNoWayRoundThePages(t *testing.T) {
	b, seen := open(t)
	for _, request := range []string{
		"GET /ui/../v1/config", "GET /ui/./../v1/config", "GET /ui/%2e%2e/v1/config", "GET /ui/..%2fv1/config", "GET /ui//v1/config",
		"GET /ui/x/..", "GET /ui//", "GET /ui/%2e", "POST /ui/", "PUT /ui/../v1/config/workers", "POST /ui/csp", "GET //ui/", "GET /UI/",
	} {
		conn, err := net.Dial("tcp", b.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", request, b.listener.Addr())
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 401 ") || !strings.Contains(string(text), "open the link") {
			t.Errorf("%s: %v %s", request, err, text)
		}
		_ = conn.Close()
	}
	if len(*seen) > 0 {
		t.Errorf("the manager is asked %q", *seen)
	}
}

// Other users of the machine reach the port. They cannot keep its owner from the manager.
func TestStrangersAreBounded(t *testing.T) {
	entered, leave := make(chan struct{}, 2*maxStrangers), make(chan struct{})
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ui/slow" {
			entered <- struct{}{}
			<-leave
		}
	}))
	defer manager.Close()
	defer close(leave)
	b, err := Open(http.DefaultTransport, strings.TrimPrefix(manager.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	var who atomic.Int64
	who.Store(65534)
	b.peer = func(*http.Request) int64 { return who.Load() }
	go func() { _ = b.Serve(t.Context()) }()
	site := &browser{b, "http://" + b.listener.Addr().String()}
	for range maxStrangers {
		conn, err := net.Dial("tcp", b.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /ui/slow HTTP/1.1\r\nHost: %s\r\n\r\n", b.listener.Addr())
	}
	for range maxStrangers {
		<-entered
	}
	if resp, text := site.ask(t, "GET", "/ui/", ""); resp.StatusCode != 503 || !strings.Contains(text, "have not followed the link") {
		t.Errorf("one more: %d %s", resp.StatusCode, text)
	}
	who.Store(1000) // has to log in yet
	if resp, text := site.ask(t, "GET", "/ui/", ""); resp.StatusCode != 200 {
		t.Errorf("the owner's page: %d %s", resp.StatusCode, text)
	}
	if resp, text := site.ask(t, "POST", "/v1/session", `{"code": "`+b.code+`"}`, inJSON); resp.StatusCode != 200 {
		t.Errorf("the owner logs in: %d %s", resp.StatusCode, text)
	}
	if resp, text := site.ask(t, "GET", "/v1/status", "", "Cookie: kres="+b.cookie); resp.StatusCode != 200 {
		t.Errorf("the owner: %d %s", resp.StatusCode, text)
	}
}
