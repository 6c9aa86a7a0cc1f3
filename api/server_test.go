// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
)

func TestChangeIsFinishedWhenTheClientLeaves(t *testing.T) {
	c := inmemory.New(t, running)
	entered, open := c.Hold("start")
	s := serveController(t, c, api.Options{}, door.Options{})
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n3")
	<-entered
	_ = conn.Close()
	_ = s.server.Close() // not even that cancels it
	open()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if v, _ := c.Running().Value("/workers"); string(v) == "3" {
			return
		}
	}
	t.Errorf("runs %s", c.Running().JSON())
}

func TestShutdownAnswersWhatIsInProgress(t *testing.T) {
	c := inmemory.New(t, running)
	entered, open := c.Hold("start")
	s := serveController(t, c, api.Options{}, door.Options{})
	status := make(chan int)
	go func() { status <- s.ask(t, "PUT", "/v1/config/workers", "3").StatusCode }()
	<-entered
	down := make(chan error)
	go func() { down <- s.server.Shutdown(context.Background()) }()
	for {
		conn, err := net.Dial("unix", s.socket)
		if err != nil {
			break // no one new is let in
		}
		_ = conn.Close()
	}
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned %v before the answer", err)
	default:
	}
	open()
	if got := <-status; got != 200 {
		t.Errorf("status = %d", got)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	s := serveController(t, inmemory.New(t, running), api.Options{}, door.Options{MaxConnections: 2})
	dial := func() net.Conn {
		conn, err := net.Dial("unix", s.socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		fmt.Fprintf(conn, "GET /v1/config/workers HTTP/1.1\r\nHost: localhost\r\n\r\n")
		return conn
	}
	answered := func(conn net.Conn, within time.Duration) bool {
		_ = conn.SetReadDeadline(time.Now().Add(within))
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		return err == nil && resp.StatusCode == 200
	}
	first, second := dial(), dial()
	if !answered(first, time.Minute) || !answered(second, time.Minute) {
		t.Fatal("no answer below the limit")
	}
	third := dial()
	if answered(third, 50*time.Millisecond) {
		t.Fatal("a third connection was served")
	}
	_ = first.Close()
	if !answered(third, time.Minute) {
		t.Fatal("no answer after another connection was closed")
	}
}

func TestServeEndsWithItsFirstBrokenListener(t *testing.T) {
	s := door.NewServer(http.NotFoundHandler(), door.Options{})
	var ls []net.Listener
	for range 2 {
		l, err := net.Listen("unix", "")
		if err != nil {
			t.Fatal(err)
		}
		ls = append(ls, l)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(ls...) }()
	_ = ls[1].Close()
	if err := <-ended; err == nil {
		t.Error("Serve returned nil")
	}
	if _, err := net.Dial("unix", ls[0].Addr().String()); err == nil {
		t.Error("the other listener is still open")
	}
}

func TestOddRequests(t *testing.T) {
	s := serve(t, api.Options{})
	for request, want := range map[string]string{
		"GET /v1/config/workers HTTP/1.1\r\nAccept-Encoding: identity\r\nHost: /run/s\r\nConnection: close\r\n\r\n": "200",
		"GET /v1/config/workers HTTP/1.1\r\nX: y\r\n\r\nHost: /run/s\r\n\r\n":                                       "400",
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n":                                                             "404",
		"GET / HTTP/1.0\r\n\r\n": "200",
		"GET http://evil.example/v1/config HTTP/1.1\r\nHost: localhost\r\n\r\n":                   "403",
		"GET /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 80<<10): "431",
		"GET /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n":           "400",
		"GET /v1/config/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n":                                  "400",
		"GET /v1/config/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n":                             "404",
	} {
		conn, err := net.Dial("unix", s.socket)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(conn, request+"\r\n\r\n") }()
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, " "+want+" ") {
			t.Errorf("%.60q: %q, %v", request, line, err)
		}
		_ = conn.Close()
	}
}

func TestServerKnowsForHowLongNoOneIsConnected(t *testing.T) {
	s := serve(t, api.Options{})
	time.Sleep(20 * time.Millisecond)
	if got := s.server.Unused(); got < 20*time.Millisecond {
		t.Errorf("unused for %s", got)
	}
	s.ask(t, "GET", "/v1/config/workers", "") // and the connection is kept
	if got := s.server.Unused(); got != 0 {
		t.Errorf("unused for %s while a connection is open", got)
	}
	s.http.CloseIdleConnections()
	for s.server.Unused() == 0 {
		time.Sleep(time.Millisecond)
	}
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if got := s.server.Unused(); got != 0 {
		t.Errorf("unused for %s while someone listens to events", got)
	}
	_ = conn.Close()
	for s.server.Unused() == 0 {
		time.Sleep(time.Millisecond)
	}
}

// Whoever asks for something now and then, on as many connections as there are, keeps no one out.
func TestUnusedConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	s := serveController(t, inmemory.New(t, running), api.Options{}, door.Options{MaxConnections: 2})
	ask := func() *http.Response {
		conn, err := net.Dial("unix", s.socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second)) // they would be left alone for a minute
		fmt.Fprintf(conn, "GET /v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%+v %v", resp, err)
		}
		return resp
	}
	for range 2 {
		if ask().Close {
			t.Error("a connection is closed though no one waits")
		}
	}
	ask()
}
