// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// patient is for what ends by itself.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// queue answers a method with the path of a job.
func queue(then func(b *bus)) func(*bus, string, *dbus.Message) ([]any, error) {
	return func(b *bus, method string, call *dbus.Message) ([]any, error) {
		then(b)
		return []any{dbus.ObjectPath("/job/1")}, nil
	}
}

func TestAJobEndsWithItsResult(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(b *bus)
		want string // in the error; "" for none
	}{
		// The signal goes out before the reply: no one waits for it yet.
		{"done before the reply", func(b *bus) { b.removed(systemd, "/job/1", "done") }, ""},
		{"failed before the reply", func(b *bus) { b.removed(systemd, "/job/1", "failed") }, "start of kresd@1.service failed"},
		{"done after the reply", func(b *bus) { go b.removed(systemd, "/job/1", "done") }, ""},
		{"failed after others", func(b *bus) {
			b.removed(systemd, "/job/7", "done")
			b.removed(":1.99", "/job/1", "done") // a local user's lie
			go b.removed(systemd, "/job/1", "failed")
		}, "start of kresd@1.service failed"},
		{"took too long", func(b *bus) { b.removed(systemd, "/job/1", "timeout") }, "start of kresd@1.service took too long"},
		{"displaced", func(b *bus) { b.removed(systemd, "/job/1", "canceled") }, "canceled by someone else's job"},
		{"a word of the future", func(b *bus) { b.removed(systemd, "/job/1", "postponed") }, `ended with "postponed"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := newBus(t, &bus{answer: queue(c.then)})
			err := client.Start(patient(t), "kresd@1.service", units.JobTerms{})
			var job *units.JobError
			if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &job) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("start: %v, want %q", err, c.want)
			}
		})
	}
}

func TestEachVerbCallsItsMethodOnceAndReplaces(t *testing.T) {
	calls := make(chan []any, 10)
	client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
		switch method {
		case "Get":
			return nil, dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"no such unit"}}
		case "ListUnitsByPatterns":
			return []any{[]listed{}}, nil
		}
		calls <- append([]any{method}, call.Body...)
		b.removed(systemd, "/job/1", "done")
		return []any{dbus.ObjectPath("/job/1")}, nil
	}})
	for verb, f := range map[string]func(context.Context, string) error{
		"StopUnit":    client.Stop,
		"StartUnit":   func(ctx context.Context, unit string) error { return client.Start(ctx, unit, units.JobTerms{}) },
		"RestartUnit": func(ctx context.Context, unit string) error { return client.Restart(ctx, unit, units.JobTerms{}) },
	} {
		if err := f(patient(t), "kresd@2.service"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]any{verb, "kresd@2.service", map[bool]string{true: "replace", false: "fail"}[verb == "StopUnit"]}, <-calls); diff != "" {
			t.Error(diff)
		}
	}
	if len(calls) > 0 {
		t.Errorf("one call more: %v", <-calls)
	}
}

// What an administrator does at the same time is told, so that no one looks for
// the fault in the configuration.
func TestJobsOfOthers(t *testing.T) {
	const unit = "kresd@3.service"
	type state struct{ job, active string }
	for _, c := range []struct {
		name          string
		before, after state
		result, want  string
	}{
		{"displaced by a stop that goes on", state{"", "active"}, state{"stop", "deactivating"}, "canceled",
			"restart of kresd@3.service was canceled: someone else asked for its stop meanwhile"},
		{"displaced by a stop that has ended", state{"", "active"}, state{"", "inactive"}, "canceled",
			"restart of kresd@3.service was canceled: someone else asked for its stop meanwhile"},
		{"displaced by something that has ended", state{"", "active"}, state{"", "active"}, "canceled",
			"restart of kresd@3.service was canceled by someone else's job"},
		{"in the middle of a stop", state{"stop", "deactivating"}, state{"", "failed"}, "failed",
			"restart of kresd@3.service failed; a stop job of it was under way already"},
		{"in the middle of a stop, and all is well", state{"stop", "deactivating"}, state{"", "active"}, "done", ""},
		{"alone", state{"", "active"}, state{"", "failed"}, "failed", "restart of kresd@3.service failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := c.before // only the bus looks at it, one call after another
			client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
				if method == "RestartUnit" {
					now = c.after
					b.removed(systemd, "/job/1", c.result)
					return []any{dbus.ObjectPath("/job/1")}, nil
				}
				path, _ := call.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
				switch {
				case method == "ListUnitsByPatterns":
					return []any{[]listed{withJob(row(unit, "loaded", now.active, "some", 0), now.job, 7)}}, nil
				case path == unitPath(unit):
					return []any{dbus.MakeVariant(now.active)}, nil
				}
				return nil, dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"no such object"}}
			}})
			got := ""
			if err := client.Restart(patient(t), unit, units.JobTerms{}); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("restart: %s\nwant: %s", got, c.want)
			}
		})
	}
}

// A start that is queued already, as by the target that wants the unit, is waited for and
// not asked for again: that would cost a question to polkit.
func TestAStartThatIsQueuedIsWaitedFor(t *testing.T) {
	for result, want := range map[string]string{
		"done":   "",
		"failed": "start of kresd@3.service failed; a start job of it was under way already",
	} {
		client := newBus(t, &bus{answer: func(_ *bus, method string, _ *dbus.Message) ([]any, error) {
			if method != "ListUnitsByPatterns" {
				t.Errorf("asked %s", method)
			}
			return []any{[]listed{withJob(row("kresd@3.service", "loaded", "inactive", "dead", 0), "start", 7)}}, nil
		}, then: func(b *bus, _ string) { b.removed(systemd, "/job/7", result) }})
		got := ""
		if err := client.Start(patient(t), "kresd@3.service", units.JobTerms{}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("start: %s\nwant: %s", got, want)
		}
	}
}

// withJob is a unit that has a job, unless its type is "".
func withJob(r listed, verb string, id uint32) listed {
	if verb != "" {
		r.JobID, r.JobType, r.JobPath = id, verb, dbus.ObjectPath(fmt.Sprint("/job/", id))
	}
	return r
}

func TestAMaskedUnitIsSaidHowToUnmask(t *testing.T) {
	for state, command := range map[string]string{
		"masked":         "systemctl unmask kresd@1.service",
		"masked-runtime": "systemctl unmask --runtime kresd@1.service",
	} {
		client := newBus(t, &bus{answer: func(_ *bus, method string, _ *dbus.Message) ([]any, error) {
			if method == "GetUnitFileState" {
				return []any{state}, nil
			}
			return nil, dbus.Error{Name: unitMasked, Body: []any{"Unit kresd@1.service is masked."}}
		}})
		err := client.Start(patient(t), "kresd@1.service", units.JobTerms{})
		if err == nil || !strings.HasSuffix(err.Error(), ": "+command) || !strings.Contains(err.Error(), "cannot start kresd@1.service: it is masked") {
			t.Errorf("%s: %v", state, err)
		}
	}
}

// systemd passes on why it could not ask polkit.
func TestAMaskedPolkitIsNotTakenForAMaskedUnit(t *testing.T) {
	client := newBus(t, &bus{answer: func(*bus, string, *dbus.Message) ([]any, error) {
		return nil, dbus.Error{Name: unitMasked, Body: []any{"Unit polkit.service is masked."}}
	}})
	err := client.Start(patient(t), "kresd@1.service", units.JobTerms{})
	if !errors.Is(err, units.ErrForbidden) || !strings.Contains(err.Error(), "polkit.service is masked") {
		t.Errorf("%v", err)
	}
}

// Rules without a sender would let everyone wake us up.
func TestEveryMatchRuleNamesItsSender(t *testing.T) {
	b := &bus{answer: queue(func(b *bus) { b.removed(systemd, "/job/1", "done") })}
	if err := newBus(t, b).Start(patient(t), "kresd@1.service", units.JobTerms{}); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rules) != 2 {
		t.Errorf("rules: %q", b.rules)
	}
	for _, r := range b.rules {
		if !strings.Contains(r, "sender='") || !strings.Contains(r, "member='") {
			t.Errorf("rule: %s", r)
		}
	}
}

func TestAJobEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client := newBus(t, &bus{answer: queue(func(*bus) { cancel() })})
	err := client.Start(ctx, "kresd@1.service", units.JobTerms{})
	if !errors.Is(err, context.Canceled) || errors.Is(err, units.ErrUnavailable) {
		t.Errorf("start: %v", err)
	}
	if n := len(client.conn.jobs.waiting); n > 0 {
		t.Errorf("%d waits are kept", n)
	}
}

// What systemd does goes on while the bus is restarted.
func TestABrokenConnectionLosesNoJob(t *testing.T) {
	for _, c := range []struct {
		name    string
		replied bool     // the reply with the name of the job came before the end
		job     string   // type of the job that the unit has afterwards, "" for none
		result  string   // of that job; "" if it had ended before
		want    []string // calls that queue a job
	}{
		{"the job goes on", true, "restart", "done", []string{"RestartUnit"}},
		{"the job fails", true, "restart", "failed", []string{"RestartUnit"}},
		{"the job has ended meanwhile", true, "", "", []string{"RestartUnit"}},
		{"it was not told which job it is", false, "restart", "done", []string{"RestartUnit"}},
		{"it is not known whether there was a job", false, "", "done", []string{"RestartUnit", "RestartUnit"}},
		{"the unit has another job", false, "stop", "done", []string{"RestartUnit", "RestartUnit"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			var calls []string
			broken := false
			client := newBus(t, &bus{answer: func(b *bus, method string, call *dbus.Message) ([]any, error) {
				mu.Lock()
				defer mu.Unlock()
				unknown := dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"no such object"}}
				path, _ := call.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
				switch {
				case method == "RestartUnit":
					calls = append(calls, method)
					switch {
					case broken:
						b.removed(systemd, "/job/1", c.result)
					case c.replied:
						broken = true
						time.AfterFunc(50*time.Millisecond, b.hangUp)
					default:
						broken = true
						b.hangUp()
					}
					return []any{dbus.ObjectPath("/job/1")}, nil
				case method == "ListUnitsByPatterns" && broken:
					return []any{[]listed{withJob(row("kresd@1.service", "loaded", "active", "running", 0), c.job, 1)}}, nil
				case method == "ListUnitsByPatterns":
					return []any{[]listed{}}, nil
				case broken && c.job != "" && path == "/job/1":
					b.removed(systemd, "/job/1", c.result)
					return []any{dbus.MakeVariant("running")}, nil
				}
				return nil, unknown
			}})
			err := client.Restart(patient(t), "kresd@1.service", units.JobTerms{})
			var job *units.JobError
			if failed := c.result == "failed"; failed != errors.As(err, &job) || !failed && err != nil {
				t.Errorf("restart: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(c.want, calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestABusThatStaysAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	b := &bus{answer: list([]listed{}, nil)}
	client := newBus(t, b)
	if _, err := client.Observe(patient(t), units.Scope{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(b.path); err != nil {
		t.Fatal(err)
	}
	b.hangUp()
	for range 2 { // the second at once
		if _, err := client.Observe(patient(t), units.Scope{}); !errors.Is(err, units.ErrUnavailable) {
			t.Errorf("observe: %v", err)
		}
	}
}

func TestWithoutABusEverythingIsUnavailable(t *testing.T) {
	client := &Client{Address: "unix:path=/no/such/bus"}
	defer client.Close()
	_, observe := client.Observe(t.Context(), units.Scope{})
	_, one := client.ObserveUnit(t.Context(), "kresd@1.service")
	_, stock := client.ActiveState(t.Context(), units.Stock)
	for _, err := range []error{observe, one, stock,
		client.Start(t.Context(), "kresd@1.service", units.JobTerms{}), client.Stop(t.Context(), "kresd@1.service"),
		client.Restart(t.Context(), "kresd@1.service", units.JobTerms{}), client.ResetFailed(t.Context(), "kresd@1.service"),
		client.QueueStop(t.Context(), units.Target)} {
		if !errors.Is(err, units.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
}

func TestABusThatDoesNotAnswerHoldsNoOneUp(t *testing.T) {
	client := newBus(t, &bus{mute: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := client.Observe(ctx, units.Scope{})
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, units.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("observe: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("observe does not end")
	}
}

// A signal that gets lost costs time, not the result.
func TestAJobWhoseEndIsNotReportedIsLookedUp(t *testing.T) {
	t.Parallel()
	b := &bus{answer: func(_ *bus, method string, call *dbus.Message) ([]any, error) {
		if method == "Get" {
			return nil, dbus.Error{Name: busName + ".Error.UnknownObject", Body: []any{"no such job"}}
		}
		return []any{dbus.ObjectPath("/job/1")}, nil
	}}
	if err := newBus(t, b).Start(patient(t), "kresd@1.service", units.JobTerms{}); err != nil {
		t.Errorf("start: %v", err)
	}
}

func TestErrorsOfSystemd(t *testing.T) {
	fail := func(name string) func(*bus, string, *dbus.Message) ([]any, error) {
		return func(*bus, string, *dbus.Message) ([]any, error) {
			return nil, dbus.Error{Name: name, Body: []any{"text"}}
		}
	}
	client := newBus(t, &bus{answer: fail("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")})
	if err := client.Restart(patient(t), "kresd@1.service", units.JobTerms{}); !errors.Is(err, units.ErrForbidden) {
		t.Errorf("restart: %v", err)
	}
	client = newBus(t, &bus{answer: fail("org.freedesktop.systemd1.NoSuchUnit")})
	if err := client.ResetFailed(patient(t), "kresd@1.service"); err != nil {
		t.Errorf("reset of a unit that is not loaded: %v", err)
	}
	if err := client.Start(patient(t), "kresd@1.service", units.JobTerms{}); err == nil || !strings.Contains(err.Error(), "text") {
		t.Errorf("start: %v", err)
	}
}
