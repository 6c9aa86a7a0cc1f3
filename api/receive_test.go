// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// dial connects to the unix socket of a site and sends something.
func (s *site) dial(t *testing.T, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// closed fails the test unless the server closes the connection.
func closed(t *testing.T, what string, r io.Reader) {
	t.Helper()
	if _, err := io.Copy(io.Discard, r); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: the connection is open", what)
	}
}

// Whatever a client leaves out of a body, it is answered, and its connection is
// closed rather than waited for.
func TestNoOneWaitsForABody(t *testing.T) {
	t.Parallel()
	const (
		get   = "GET / HTTP/1.1\r\nHost: localhost\r\n"
		put   = "PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\n"
		chunk = "Transfer-Encoding: chunked\r\n"
	)
	s := serve(t, api.Options{BodyTimeout: 300 * time.Millisecond})
	var all sync.WaitGroup // at the same time, however few processors there are
	for name, test := range map[string]struct {
		request string
		status  int
		says    string
	}{
		"none where none belongs":       {get + "Content-Length: 10\r\n\r\n", 200, "RUNNING"},
		"a part where none belongs":     {get + "Content-Length: 10\r\n\r\n123", 200, "RUNNING"},
		"all where none belongs":        {get + "Content-Length: 3\r\n\r\n123", 200, "RUNNING"},
		"chunks where none belong":      {get + chunk + "\r\n", 200, "RUNNING"},
		"none at an unknown route":      {"GET /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", 404, "there is nothing at /x"},
		"none with an unknown method":   {"BREW / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", 405, "takes GET, HEAD"},
		"none from a foreign host":      {"PUT / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 10\r\n\r\n", 403, "not a name of this machine"},
		"none of a type that is taken":  {put + "Content-Type: text/html\r\nContent-Length: 10\r\n\r\n", 415, "text/html"},
		"none for a delete":             {"DELETE /v1/config/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", 404, "no such value"},
		"too much announced":            {put + "Content-Length: 99999999\r\n\r\n", 413, "larger than"},
		"none that is needed":           {put + "Content-Length: 10\r\n\r\n", 408, "did not come in time"},
		"a part of what is needed":      {put + "Content-Length: 10\r\n\r\n3", 408, "did not come in time"},
		"no chunk":                      {put + chunk + "\r\n", 408, "did not come in time"},
		"no last chunk":                 {put + chunk + "\r\n1\r\n3\r\n", 408, "did not come in time"},
		"no end of trailers":            {put + chunk + "\r\n1\r\n3\r\n0\r\nA: b\r\n", 400, "trailer"},
		"none after 100 Continue":       {put + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n", 408, "did not come in time"},
		"none, and 100 Continue denied": {put + "Content-Type: text/html\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n", 415, "text/html"},
		"none in HTTP/1.0":              {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 10\r\n\r\n", 200, "RUNNING"},
		"none for a stream of events":   {"HEAD /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", 200, ""},
	} {
		r := bufio.NewReader(s.dial(t, test.request))
		all.Go(func() {
			method, _, _ := strings.Cut(test.request, " ")
			answer, err := http.ReadResponse(r, &http.Request{Method: method})
			if err == nil && answer.StatusCode == http.StatusContinue {
				answer, err = http.ReadResponse(r, nil)
			}
			if err != nil {
				t.Errorf("%s: no answer: %v", name, err)
				return
			}
			text, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != test.status || !strings.Contains(string(text), test.says) {
				t.Errorf("%s: %d %s, want %d and %q", name, answer.StatusCode, text, test.status, test.says)
			}
			closed(t, name, r)
		})
	}
	all.Wait()
}

// After a request whose end may be elsewhere for others, nothing that follows on
// the connection is taken for a request (RFC 9112 section 6.1).
func TestNothingFollowsARequestWhoseEndIsUnclear(t *testing.T) {
	t.Parallel()
	s := serve(t, api.Options{})
	const next = "GET /v1/config/workers HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, test := range map[string]struct {
		request string
		answers int
	}{
		"a length alone":             {"PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n2", 2},
		"two lengths that are one":   {"PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n2", 2},
		"two lengths":                {"PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n2", 1},
		"chunks and a length":        {"PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n", 1},
		"chunks that end at once":    {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1},
		"an encoding of another one": {"PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 1},
		"two encodings":              {"PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1},
		"chunks in HTTP/1.0":         {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", 1},
		"a body that no one reads":   {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0000\r\n\r\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := s.dial(t, test.request+next+"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			text, err := io.ReadAll(conn)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the connection is open")
			}
			want := test.answers
			if want > 1 {
				want++ // the one that closes
			}
			if n := strings.Count(string(text), "HTTP/1."); n != want {
				t.Errorf("%d answers, want %d: %s", n, want, text)
			}
		})
	}
}

// A client that has sent all of a large body that is refused reads why.
func TestARefusedBodyDoesNotHideTheAnswer(t *testing.T) {
	s := serve(t, api.Options{})
	for range 20 {
		got := s.ask(t, "PUT", "/v1/config/nsid", strings.Repeat("x", 800<<10), "Content-Type: text/html")
		if got.StatusCode != 415 {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
	}
}

// What a client still has to send, or to read, does not hold up an end; what the
// manager has still to do does.
func TestClientsDoNotHoldUpAnEnd(t *testing.T) {
	t.Parallel()
	c := inmemory.New(t, running+"lua: {script: \""+strings.Repeat("-- \\n", 100_000)+"\"}\n")
	entered, open := c.Hold("start")
	const endTime = 100 * time.Millisecond
	s := serveController(t, c, api.Options{BodyTimeout: time.Hour, WriteTimeout: time.Hour}, door.Options{EndTime: endTime})
	var stuck []net.Conn
	for _, request := range []string{
		"PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n3",
		"GET /v1/config HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		stuck = append(stuck, s.dial(t, request))
	}
	// The last one reads that it listens.
	if line, err := bufio.NewReader(stuck[2]).ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	status := make(chan int)
	go func() { status <- s.ask(t, "PUT", "/v1/config/workers", "3").StatusCode }()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	down := make(chan error)
	go func() { down <- s.server.Shutdown(ctx) }()
	for i, conn := range stuck {
		if i != 1 { // the second does not read
			closed(t, fmt.Sprint("client ", i), conn)
		}
	}
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned %v before the answer", err)
	case <-time.After(3 * endTime):
	}
	open()
	if got := <-status; got != 200 {
		t.Errorf("status = %d", got)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// An answer that no one reads is given up.
func TestNoOneWaitsForAReader(t *testing.T) {
	t.Parallel()
	c := inmemory.New(t, running+"lua: {script: \""+strings.Repeat("-- \\n", 100_000)+"\"}\n")
	s := serveController(t, c, api.Options{WriteTimeout: 100 * time.Millisecond}, door.Options{})
	_ = s.dial(t, strings.Repeat("GET /v1/config HTTP/1.1\r\nHost: localhost\r\n\r\n", 10))
	for end := time.Now().Add(patience); s.server.Unused() == 0; {
		if time.Now().After(end) {
			t.Fatal("the connection is open")
		}
		time.Sleep(time.Millisecond)
	}
}

// Why a body did not come whole is told to who has sent it, in words of the wire.
func TestABodyThatBreaksOffIsReported(t *testing.T) {
	s := serve(t, api.Options{})
	for sent, want := range map[string]string{
		"Content-Length: 10\r\n\r\n3":                       "cannot read the request body: the connection was closed before its end",
		"Transfer-Encoding: chunked\r\n\r\n1\r\n3\r\n":      "cannot read the request body: the connection was closed before its end",
		"Transfer-Encoding: chunked\r\n\r\nx\r\n3\r\n0\r\n": "cannot read the request body: invalid byte in chunk length",
	} {
		conn := s.dial(t, "PUT /v1/config/workers HTTP/1.1\r\nHost: localhost\r\n"+sent)
		if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(conn)
		if err != nil || !strings.Contains(string(text), " 400 ") || !strings.HasSuffix(strings.TrimSpace(string(text)), want) {
			t.Errorf("%q is answered with %s, %v", sent, text, err)
		}
	}
}
