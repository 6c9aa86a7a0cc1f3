// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/units"
)

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func logger(level slog.Level) (*slog.Logger, *logBuffer) {
	b := &logBuffer{}
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: level})), b
}

func TestRoutes(t *testing.T) {
	s := serve(t, api.Options{Version: "1.2"})
	tests := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/nope", 404, ""},
		{"GET", "/v1", 404, ""},
		{"GET", "/v1/", 404, ""},
		{"POST", "/reload/", 404, ""},
		{"GET", "/reload", 405, "POST"},
		{"POST", "/v1/config", 405, "DELETE, GET, HEAD, PATCH, PUT"},
		{"POST", "/v1/config/workers", 405, "DELETE, GET, HEAD, PATCH, PUT"},
		{"OPTIONS", "/v1/status", 405, "GET, HEAD"},
		{"PUT", "/", 405, "GET, HEAD"},
	}
	for _, tt := range tests {
		got := s.ask(t, tt.method, tt.path, "")
		if got.StatusCode != tt.status || got.Header.Get("Allow") != tt.allow || !strings.Contains(got.body, tt.path) {
			t.Errorf("%s %s: %d, Allow %q, %q", tt.method, tt.path, got.StatusCode, got.Header.Get("Allow"), got.body)
		}
		if got.Header.Get("Server") != "kresd-manager/1.2" || got.Header.Get("X-Reference-Id") == "" {
			t.Errorf("%s %s: headers %v", tt.method, tt.path, got.Header)
		}
	}
}

func TestReference(t *testing.T) {
	s := serve(t, api.Options{})
	for sent, kept := range map[string]bool{
		"job-17.a_B":            true,
		strings.Repeat("x", 64): true,
		strings.Repeat("x", 65): false,
		"a b":                   false,
		"ž":                     false,
		"":                      false,
	} {
		got := s.ask(t, "GET", "/nope", "", "X-Reference-Id: "+sent, acceptJSON)
		id := got.Header.Get("X-Reference-Id")
		if (id == sent) != kept || id == "" || got.problem(t).Reference != id {
			t.Errorf("%q: answered with %q", sent, id)
		}
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	s := serve(t, api.Options{Hosts: []string{"dns.example", "192.0.2.5"}})
	tests := []struct {
		header string
		status int
	}{
		{"Host: localhost", 200},
		{"Host: LocalHost:8080", 200},
		{"Host: unix", 200},
		{"Host: 127.0.0.1", 200},
		{"Host: 127.3.2.1:80", 200},
		{"Host: [::1]", 200},
		{"Host: [::1]:80", 200},
		{"Host: %2Frun%2Fknot-resolver%2Fkres-api.sock", 200},
		{"Host: dns.example:5000", 200},
		{"Host: DNS.example.", 200},
		{"Host: 192.0.2.5", 200},
		{"Host: evil.example", 403},
		{"Host: localhost.evil.example", 403},
		{"Host: 192.0.2.6", 403},
		{"Host: [2001:db8::1]", 403},
		{"Origin: http://localhost", 200}, // the helper sends Host: localhost
		{"Origin: http://localhost:81", 403},
		{"Origin: http://evil.example", 403},
		{"Origin: null", 403},
		{"Origin: file://localhost", 403},
	}
	for _, tt := range tests {
		if got := s.ask(t, "GET", "/v1/config", "", tt.header); got.StatusCode != tt.status {
			t.Errorf("%s: %d %q, want %d", tt.header, got.StatusCode, got.body, tt.status)
		}
	}
}

func TestLargeBodies(t *testing.T) {
	s := serve(t, api.Options{MaxBodyBytes: 1000})
	list := func(n int) string { return `{"x":"` + strings.Repeat("a", n-8) + `"}` }
	if got := s.ask(t, "PUT", "/v1/config/local-data", list(1000)); got.StatusCode != 400 {
		t.Errorf("at the limit: %d %q", got.StatusCode, got.body)
	}
	const large = 20 << 20
	for name, body := range map[string]string{
		"a byte too much":            fmt.Sprintf("Content-Length: 1001\r\n\r\n%s", list(1001)),
		"far too much":               fmt.Sprintf("Content-Length: %d\r\n\r\n%s", large, list(large)),
		"what shows only on the way": fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", large, list(large)),
	} {
		conn, err := net.Dial("unix", s.socket)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		// Package http takes a connection that is closed while it still sends for a failure,
		// whether or not the answer has come.
		go func() { _, _ = io.WriteString(conn, "PUT /v1/config/local-data HTTP/1.1\r\nHost: localhost\r\n"+body) }()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 413 || !strings.Contains(string(text), "1000 bytes") {
			t.Errorf("%s: %d %q %v", name, resp.StatusCode, text, err)
		}
		_ = conn.Close()
	}
}

// defective is a manager that does not do what is promised of a Controller.
type defective struct {
	*inmemory.Machine
	err error // what Status and Reload fail with; nil is a panic
}

func (d *defective) Status(ctx context.Context) (units.Status, error) {
	if d.err == nil {
		return d.Machine.Status(ctx)
	}
	return units.Status{}, d.err
}

func (d *defective) Reload(ctx context.Context, a units.Again) (units.Report, error) {
	if d.err == nil {
		var none *inmemory.Machine
		return none.Manager.Reload(ctx, a)
	}
	return units.Report{}, d.err
}

func TestPanicIsAnswered(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	s := serveController(t, &defective{Machine: inmemory.New(t, running)}, api.Options{Logger: log}, door.Options{})
	got := s.ask(t, "GET", "/v1/plan", "", acceptJSON, "X-Reference-Id: case-1")
	if p := got.problem(t); got.StatusCode != 500 || p.Kind != wire.KindInternal || strings.Contains(got.body, "nil") {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
	for _, part := range []string{"level=ERROR", "reference=case-1", "nil pointer", "goroutine"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("log lacks %q: %s", part, text.String())
		}
	}
	if got := s.ask(t, "GET", "/v1/config/workers", ""); got.body != "2" {
		t.Errorf("afterwards: %d %q", got.StatusCode, got.body)
	}
}

func TestInternalErrorsKeepTheirTextInTheLog(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	s := serveController(t, &defective{inmemory.New(t, running), errors.New("secret")}, api.Options{Logger: log}, door.Options{})
	got := s.ask(t, "GET", "/v1/status", "")
	id := got.Header.Get("X-Reference-Id")
	if got.StatusCode != 500 || strings.Contains(got.body, "secret") || !strings.Contains(got.body, id) {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
	if !strings.Contains(text.String(), "secret") || !strings.Contains(text.String(), id) {
		t.Errorf("log: %s", text.String())
	}
}

func TestRequestsAreLoggedAtTraceOnly(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelDebug: false, api.LevelTrace: true} {
		log, text := logger(level)
		s := serve(t, api.Options{Logger: log})
		s.ask(t, "PUT", "/v1/config/workers", "3")
		s.server.Close()
		if got := strings.Contains(text.String(), "access=configure status=200"); got != want {
			t.Errorf("%v: %q", level, text.String())
		}
	}
}

func TestAnswersHaveTheFormTheClientAskedFor(t *testing.T) {
	s := serve(t, api.Options{})
	for accept, want := range map[string]string{
		"":                               "text/plain; charset=utf-8",
		"*/*":                            "text/plain; charset=utf-8",
		"text/html, */*;q=0.8":           "text/plain; charset=utf-8",
		"application/json;q=0":           "text/plain; charset=utf-8",
		"application/json":               "application/problem+json",
		"text/plain, application/json":   "application/problem+json",
		"application/problem+json;q=0.5": "application/problem+json",
		"Application/JSON; q=0.9":        "application/problem+json",
	} {
		got := s.ask(t, "GET", "/v1/config/nope", "", "Accept: "+accept)
		if ct := got.Header.Get("Content-Type"); ct != want {
			t.Errorf("Accept %q: %s", accept, ct)
		}
	}
}

func TestProblemsHavePositions(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "PUT", "/v1/config", "workers: 1\nlogging:\n  level: loud\n", acceptJSON)
	p := got.problem(t)
	if got.StatusCode != 400 || p.Kind != wire.KindInvalid || len(p.Problems) != 1 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if f := p.Problems[0]; f.File != wire.BodyName || f.Line != 3 || f.Column != 10 || f.Pointer != "/logging/level" {
		t.Errorf("%+v", f)
	}
	got = s.ask(t, "PUT", "/v1/config", "{\n \"a\": nul }", "Content-Type: application/json", acceptJSON)
	p = got.problem(t)
	if p.Kind != wire.KindMalformed || len(p.Problems) != 1 || p.Problems[0].Line != 2 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

// refused is a value of /lua that no worker starts with.
const refused = `{"script": "` + fakesystemd.Refusal + `"}`

func TestRefusedConfigurationIsExplained(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "PUT", "/v1/config/lua", refused, acceptJSON)
	p := got.problem(t)
	if got.StatusCode != 422 || p.Kind != wire.KindRefused || p.Unit != units.Canary || p.Step != "try" ||
		len(p.Log) != 1 || p.Restored == nil || !*p.Restored {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	text := s.ask(t, "PUT", "/v1/config/lua", refused).body
	for _, part := range []string{"cannot try kresd@canary.service", fakesystemd.Refusal + " is not defined", "the previous configuration serves"} {
		if !strings.Contains(text, part) {
			t.Errorf("text lacks %q: %s", part, text)
		}
	}
}

// What people get goes to a terminal as often as not: curl prints it. A unit's own
// words may hold anything.
func TestAnswersForPeopleSteerNoTerminal(t *testing.T) {
	c := inmemory.New(t, running, func(o *manager.Options) {
		o.Journal = func(context.Context, units.LogRun, int) []string { return []string{"\u009b2J\u202e"} }
	})
	s := serveController(t, c, api.Options{}, door.Options{})
	got := s.ask(t, "PUT", "/v1/config/lua", refused)
	if got.StatusCode != 422 || strings.ContainsAny(got.body, "\u009b\u202e") || !strings.Contains(got.body, `\u009b2J\u202e`) {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
}
