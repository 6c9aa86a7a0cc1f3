// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager/inmemory"
)

const running = `
workers: 2
nsid: null
logging: {level: info}
network:
  listen:
    - interface: 127.0.0.1@5353
    - interface: [127.0.0.2, 127.0.0.3]
      port: 5354
local-data:
  addresses:
    a.example.: 192.0.2.1
`

const acceptJSON = "Accept: application/json"

// site is a served interface and a client of it.
type site struct {
	*inmemory.Machine
	socket string
	http   *http.Client
	server *door.Server
}

// serve offers the interface of a fresh manager on a unix socket.
func serve(tb testing.TB, opt api.Options) *site {
	tb.Helper()
	c := inmemory.New(tb, running)
	s := serveController(tb, c, opt, door.Options{})
	s.Machine = c
	return s
}

func serveController(tb testing.TB, c api.Controller, opt api.Options, sopt door.Options) *site {
	tb.Helper()
	dir, err := os.MkdirTemp("", "api") // tb.TempDir is too long for a socket
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &site{socket: filepath.Join(dir, "s")}
	l, err := net.Listen("unix", s.socket)
	if err != nil {
		tb.Fatal(err)
	}
	s.server = door.NewServer(described(tb, api.New(c, opt)), sopt)
	ended := make(chan error, 1)
	go func() { ended <- s.server.Serve(l) }()
	s.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
		},
		MaxIdleConnsPerHost: 64,
	}}
	tb.Cleanup(func() {
		s.http.CloseIdleConnections()
		_ = s.server.Close()
		if err := <-ended; err != nil {
			tb.Errorf("Serve: %v", err)
		}
	})
	return s
}

// reply is an answer, read completely.
type reply struct {
	*http.Response
	body string
}

// ask sends one request. Headers are "Name: value".
func (s *site) ask(tb testing.TB, method, path, body string, headers ...string) reply {
	tb.Helper()
	r, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	resp, err := s.http.Do(r)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{resp, string(text)}
}

// problem reads a reply that must be one.
func (r reply) problem(tb testing.TB) wire.Problem {
	tb.Helper()
	var p wire.Problem
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		tb.Fatalf("Content-Type = %q, body %q", got, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		tb.Fatalf("%v in %q", err, r.body)
	}
	return p
}

func (s *site) quotedETag() string { return `"` + s.Running().ETag() + `"` }
