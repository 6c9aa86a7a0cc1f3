// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kresd-manager/internal/client"
	"kresd-manager/units"
)

// streams offers a manager whose streams send a text, and then do what follows.
func streams(t *testing.T, text string, then func(*http.Request)) *client.Client {
	t.Helper()
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, text)
		_ = http.NewResponseController(w).Flush()
		if then != nil {
			then(r)
		}
	}))
}

// Who follows a stream is told when there is nothing more to come. That is no end
// that anyone has asked for.
func TestTheEndOfAStreamIsReported(t *testing.T) {
	ctx := context.Background()
	events := func(c *client.Client) error { return c.Events(ctx, client.Reconnect{}, func(units.Event) {}) }
	logs := func(c *client.Client) error {
		return c.Logs(ctx, units.LogQuery{Follow: true}, client.Reconnect{}, func(units.LogLine) {})
	}
	past := func(c *client.Client) error {
		return c.Logs(ctx, units.LogQuery{}, client.Reconnect{}, func(units.LogLine) {})
	}
	const (
		line   = "event: log\ndata: {\"message\":\"m\"}\n\n"
		ending = "event: ending\ndata: {}\n\n"
		ends   = "kresd-manager ends, and this stream with it; it goes on after the next start: systemctl status kresd-manager"
		closed = "kresd-manager has closed this stream; ask again to go on"
		cut    = "kresd-manager does not answer on SOCKET: the connection was cut off in the middle of the answer"
	)
	abort := func(*http.Request) { panic(http.ErrAbortHandler) }
	for name, c := range map[string]struct {
		text string
		then func(*http.Request)
		ask  func(*client.Client) error
		want string
	}{
		"events, and the manager ends":               {": x\n\n" + ending, nil, events, ends},
		"logs that are followed, and it ends":        {line + ending, nil, logs, ends},
		"logs of the past, and it ends":              {line + ending, nil, past, ends},
		"logs of the past, all of them":              {line, nil, past, ""},
		"events without a word":                      {": x\n\n", nil, events, closed},
		"logs that are followed, without a word":     {line, nil, logs, closed},
		"events, and the manager is killed":          {": x\n\n", abort, events, cut},
		"logs of the past, and it is killed":         {line, abort, past, cut},
		"logs that are followed, and it is killed":   {line, abort, logs, cut},
		"events, before the first word of an answer": {"", abort, events, cut},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.ask(streams(t, c.text, c.then))
			var none *client.ConnectError
			got := ""
			if err != nil {
				got = err.Error()
			}
			if errors.As(err, &none) {
				got = strings.ReplaceAll(got, none.Address, "SOCKET")
			}
			if got != c.want {
				t.Errorf("the error is %q, want %q", got, c.want)
			}
		})
	}
}

// Whoever interrupts a stream has asked for its end.
func TestAStreamIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := streams(t, "event: log\ndata: {}\n\n", func(r *http.Request) { <-r.Context().Done() })
	if err := c.Logs(ctx, units.LogQuery{Follow: true}, client.Reconnect{}, func(units.LogLine) { cancel() }); err != nil {
		t.Error(err)
	}
}

// Reading changes nothing, whatever becomes of the answer.
func TestOnlyAChangeMayHaveBeenMade(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	ctx := context.Background()
	const doubt = "the change may have been made or still go on"
	for name, ask := range map[string]func() error{
		"events":     func() error { return c.Events(ctx, client.Reconnect{}, func(units.Event) {}) },
		"logs":       func() error { return c.Logs(ctx, units.LogQuery{}, client.Reconnect{}, func(units.LogLine) {}) },
		"status":     func() error { _, err := c.Status(ctx); return err },
		"statistics": func() error { _, err := c.Statistics(ctx); return err },
		"get":        func() error { _, _, err := c.Get(ctx, ""); return err },
	} {
		if err := ask(); err == nil || strings.Contains(err.Error(), doubt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, ask := range map[string]func() error{
		"put":    func() error { _, err := c.Put(ctx, "", nil, "", client.ChangeOptions{}); return err },
		"stop":   func() error { return c.Stop(ctx) },
		"cancel": func() error { _, err := c.Cancel(ctx, 0); return err },
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), doubt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who leaves is not told that there is no answer, also if none has come yet.
func TestWhoLeavesBeforeAStreamBeginsHasNoError(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	asked := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer server.Close()
	go func() { <-asked; leave() }()
	if err := client.NewTCP(server.Listener.Addr().String()).Events(ctx, client.Reconnect{}, nil); err != nil {
		t.Error(err)
	}
}
