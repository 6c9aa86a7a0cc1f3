// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// answering is a systemd with one worker, on which every job goes on for ever.
func answering(b *bus, method string, call *dbus.Message) ([]any, error) {
	switch method {
	case "StartUnit", "StopUnit", "RestartUnit":
		return []any{dbus.ObjectPath("/job/1")}, nil
	case "ResetFailedUnit", "SetUnitProperties":
		return []any{}, nil
	}
	if method == "Get" && call.Body[1] == "State" {
		return []any{dbus.MakeVariant("running")}, nil
	}
	return list([]listed{row("kresd@1.service", "loaded", "inactive", "dead", 0)}, map[string]any{string(unitPath("kresd@1.service")) + " Slice": "x"})(b, method, call)
}

// questions are all that a client asks of systemd.
var questions = map[string]func(context.Context, *Client) error{
	"observe": func(ctx context.Context, c *Client) error {
		_, err := c.Observe(ctx, units.Scope{Units: []string{"kresd@2.service"}, Limits: units.Limits{CPUWeight: 1}})
		return err
	},
	"observe one": func(ctx context.Context, c *Client) error {
		_, err := c.ObserveUnit(ctx, "kresd@1.service")
		return err
	},
	"stock": func(ctx context.Context, c *Client) error { _, err := c.ActiveState(ctx, units.Stock); return err },
	"text": func(ctx context.Context, c *Client) error {
		_, err := c.ServiceText(ctx, "kresd@1.service", "Slice")
		return err
	},
	"set":        func(ctx context.Context, c *Client) error { return c.Set(ctx, "kresd@1.service", nil) },
	"reset":      func(ctx context.Context, c *Client) error { return c.ResetFailed(ctx, "kresd@1.service") },
	"queue stop": func(ctx context.Context, c *Client) error { return c.QueueStop(ctx, "kresd@1.service") },
	"start":      func(ctx context.Context, c *Client) error { return c.Start(ctx, "kresd@1.service", units.JobTerms{}) },
	"stop":       func(ctx context.Context, c *Client) error { return c.Stop(ctx, "kresd@1.service") },
	"restart":    func(ctx context.Context, c *Client) error { return c.Restart(ctx, "kresd@1.service", units.JobTerms{}) },
}

// hurry has answers wait for less long from now on, over the connection that there is, too:
// what comes before is as patient as ever.
func (c *Client) hurry(answer time.Duration) { c.answer, c.conn.answer = answer, answer }

// A bus that is stopped answers nothing, and no one waits for it for ever: not
// with a connection, not without, and the next question after it goes on is
// answered.
func TestAStoppedBusHoldsNoOneUp(t *testing.T) {
	for what, ask := range questions {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := &bus{answer: answering}
			client := newBus(t, b)
			if _, err := client.Observe(patient(t), units.Scope{}); err != nil {
				t.Fatal(err)
			}
			client.hurry(time.Second)
			goOn := b.stop(t)
			for _, connection := range []string{"an old", "a new"} {
				err := ask(patient(t), client)
				if !errors.Is(err, units.ErrUnavailable) || !strings.Contains(err.Error(), "systemd did not answer within 1s on the bus") {
					t.Errorf("over %s connection: %v", connection, err)
				}
			}
			goOn()
			client.answer = 0
			if live, err := client.Observe(patient(t), units.Scope{}); err != nil || live.Unit("kresd@1.service").Name == "" {
				t.Errorf("afterwards: %+v %v", live, err)
			}
		})
	}
}

// A job is waited for as long as systemd answers, and no longer.
func TestAJobOnABusThatStopsIsGivenUp(t *testing.T) {
	t.Parallel()
	b := &bus{answer: answering}
	lookedUp := make(chan struct{}, 1000)
	b.answer = func(b *bus, method string, call *dbus.Message) ([]any, error) {
		if method == "Get" && call.Body[1] == "State" {
			lookedUp <- struct{}{}
		}
		return answering(b, method, call)
	}
	client := newBus(t, b)
	client.answer = 1500 * time.Millisecond // the third look is after 1750 ms
	done := make(chan error, 1)
	go func() { done <- client.Restart(patient(t), "kresd@1.service", units.JobTerms{}) }()
	for range 3 {
		select {
		case err := <-done:
			t.Fatalf("given up although systemd answers: %v", err)
		case <-lookedUp:
		}
	}
	b.stop(t)
	err := <-done
	if !errors.Is(err, units.ErrUnavailable) || !strings.HasPrefix(err.Error(), "cannot restart kresd@1.service: systemd did not answer within 1.5s") {
		t.Errorf("restart: %v", err)
	}
}

// Who does not want to wait any longer does not: with a connection, with none, and
// in the middle of a job. The deadlines of ours are far away.
func TestEveryQuestionEndsWithItsContext(t *testing.T) {
	for what, ask := range questions {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, connected := range []bool{false, true} {
				b := &bus{answer: answering}
				client := newBus(t, b)
				client.answer = time.Hour
				if connected {
					if _, err := client.ActiveState(patient(t), units.Stock); err != nil {
						t.Fatal(err)
					}
				}
				b.stop(t)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- ask(ctx, client) }()
				time.AfterFunc(20*time.Millisecond, cancel)
				select {
				case err := <-done:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("%v", err)
					}
				case <-time.After(time.Minute):
					t.Fatal("it does not end")
				}
			}
		})
	}
}

func TestAJobThatIsWaitedForEndsWithItsContext(t *testing.T) {
	for _, what := range []string{"start", "stop", "restart"} {
		b := &bus{}
		ctx, cancel := context.WithCancel(t.Context())
		b.answer = func(b *bus, method string, call *dbus.Message) ([]any, error) {
			if strings.HasSuffix(method, "Unit") {
				time.AfterFunc(20*time.Millisecond, cancel)
			}
			return answering(b, method, call)
		}
		client := newBus(t, b)
		done := make(chan error, 1)
		go func() { done <- questions[what](ctx, client) }()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s does not end", what)
		}
	}
}

// An impatient caller breaks no connection over which others wait for a job.
func TestAnImpatientCallerLeavesTheConnectionAlone(t *testing.T) {
	b := &bus{answer: answering}
	client := newBus(t, b)
	if _, err := client.Observe(patient(t), units.Scope{}); err != nil {
		t.Fatal(err)
	}
	n := client.conn
	goOn := b.stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := client.Observe(ctx, units.Scope{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("observe: %v", err)
	}
	goOn()
	if _, err := client.Observe(patient(t), units.Scope{}); err != nil || client.conn != n {
		t.Errorf("the connection was replaced, or %v", err)
	}
}

// A caller with a deadline of its own is told the same: that it was systemd that did
// not answer.
func TestADeadlineOfACallerIsReportedInWords(t *testing.T) {
	for what, ask := range questions {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, connected := range []bool{false, true} {
				b := &bus{answer: answering}
				client := newBus(t, b)
				if connected {
					if _, err := client.ActiveState(patient(t), units.Stock); err != nil {
						t.Fatal(err)
					}
				}
				b.stop(t)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
				err := ask(ctx, client)
				if !errors.Is(err, units.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || !strings.HasSuffix(err.Error(), "systemd did not answer in time on the bus") {
					t.Errorf("connected %v: %v", connected, err)
				}
			}
		})
	}
}

// On a busy machine a deadline may be over before the bus has been reached at all.
func TestADeadlineThatIsOverBeforeTheBusIsReachedIsReportedInWords(t *testing.T) {
	client := newBus(t, &bus{answer: answering})
	for _, left := range []time.Duration{-time.Hour, 0, time.Microsecond, 50 * time.Microsecond} {
		ctx, cancel := context.WithTimeout(t.Context(), left)
		defer cancel()
		b, err := connect(ctx, client.Address, nil)
		if err == nil { // it was quick
			b.Close()
			continue
		}
		if !errors.Is(err, units.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || err.Error() != (late{}).Error() {
			t.Errorf("%v left: %v", left, err)
		}
	}
}

// Contact that is lost is told once, and once that it is back.
func TestLostContactIsReportedOnce(t *testing.T) {
	var mu sync.Mutex
	var text bytes.Buffer
	b := &bus{answer: answering}
	client := newBus(t, b)
	client.Log = slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(p)
	}), nil))
	ask := func() { _, _ = client.Observe(patient(t), units.Scope{}) }
	ask()
	client.hurry(50 * time.Millisecond)
	goOn := b.stop(t)
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = client.Observe(impatient, units.Scope{})
	if text.Len() > 0 {
		t.Errorf("told too early: %s", text.String())
	}
	ask()
	ask()
	goOn()
	client.answer = 0
	ask()
	ask()
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=WARN msg=\"contact with systemd lost") ||
		!strings.Contains(lines[0], "did not answer within 50ms") || !strings.Contains(lines[1], "level=WARN msg=\"contact with systemd is back\" after=") {
		t.Errorf("told:\n%s", text.String())
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// A bus that reads nothing does not hold up who writes, and is given up when too
// much waits for it.
func TestWritesDoNotWait(t *testing.T) {
	here, there := net.Pipe() // which holds no byte
	defer there.Close()
	s := newSocket(here)
	piece := make([]byte, 1<<10)
	var err error
	n := 0
	for ; err == nil && n < 10*maxUnsent/len(piece); n++ {
		_, err = s.Write(piece)
	}
	if err == nil || n < maxUnsent/len(piece) {
		t.Errorf("after %d KiB: %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Read(piece); err == nil {
		t.Error("read after the end")
	}
}

// Who asks a bus that reads nothing ends with its context, however much others have
// asked already.
func TestABusThatReadsNothingHoldsNoOneUp(t *testing.T) {
	b := &bus{answer: answering}
	client := newBus(t, b)
	if _, err := client.ActiveState(patient(t), units.Stock); err != nil {
		t.Fatal(err)
	}
	b.stop(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 { // many times what a socket holds
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, _ = client.ActiveState(ctx, units.Stock)
			cancel()
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("a question has not ended with its context")
	}
}

// The user's bus and the system's have addresses of both kinds.
func TestSocketPath(t *testing.T) {
	for address, want := range map[string]string{
		"unix:path=/run/dbus/system_bus_socket":  "/run/dbus/system_bus_socket",
		"unix:path=/run/user/1000/bus,guid=0123": "/run/user/1000/bus",
		"unix:guid=0123,path=/a%20b":             "/a b",
		"unix:abstract=/tmp/dbus-x":              "@/tmp/dbus-x",
		"tcp:host=localhost,port=1,path=/x":      "",
		"unix:tmpdir=/tmp":                       "",
		"autolaunch:":                            "",
		"/run/dbus/system_bus_socket":            "",
	} {
		got, err := socketPath(address)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q %v", address, got, err)
		}
	}
}
