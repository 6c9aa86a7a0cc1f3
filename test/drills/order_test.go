// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// word is what an administrator says to the manager in the middle of a change.
type word struct {
	name string
	args []string
	// off means that nothing is to run afterwards, manager that there is no manager.
	off, away bool
}

var words = []word{
	{name: "restart", args: []string{"restart", units.Manager}},
	{name: "stop", args: []string{"stop", units.Manager}, away: true},
	{name: "reload", args: []string{"reload", units.Manager}},
	{name: "stop of all", args: []string{"stop", units.Socket, units.Target, units.Manager}, away: true, off: true},
	{name: "restart of all", args: []string{"restart", units.Target, units.Manager}},
}

// Two configurations for each kind of change, to go from one to the other and back.
var orderBase = document(2, "one", "192.0.2.11", "1s")

// change is a kind of change that is under way when someone speaks to the manager.
type change struct {
	name string
	// other is the configuration that it leads to, from orderBase or back to it.
	other string
	// begin begins it; to is the configuration that does not run.
	begin func(t *testing.T, ctx context.Context, to string)
	// skip is how many changes come before the one that is meant.
	skip int
	// alike means that its steps are those of another kind: every second one will do.
	alike bool
}

func send(method, path, body string) func(*testing.T, context.Context, string) {
	return func(_ *testing.T, ctx context.Context, to string) {
		what := body
		if what == "" {
			what = to
		}
		// The answer goes with the manager.
		_, _ = sut.Request(ctx, method, path, what)
	}
}

var changes = []change{
	{name: "roll", other: document(2, "two", "192.0.2.12", "2s"), begin: send("PUT", "/v1/config", "")},
	{name: "rules", other: document(2, "one", "192.0.2.12", "1s"), begin: send("PUT", "/v1/config", "")},
	{name: "count", other: document(4, "one", "192.0.2.11", "1s"), begin: send("PUT", "/v1/config", "")},
	{name: "renew", other: orderBase, alike: true, begin: send("POST", "/renew/force", " ")},
	{name: "rollback", other: document(2, "two", "192.0.2.12", "2s"), alike: true, begin: send("POST", "/v1/rollback", " ")},
	{name: "end of a promise", other: document(2, "two", "192.0.2.12", "2s"), alike: true, skip: 1, begin: send("PUT", "/v1/config?confirm-within=1s", "")},
	{name: "reload", other: document(2, "two", "192.0.2.12", "2s"), alike: true, begin: func(t *testing.T, ctx context.Context, to string) {
		if err := sut.WriteFile(product.ConfigFile, []byte(to), 0o644); err != nil {
			t.Error(err)
		}
		send("POST", "/reload", " ")(t, ctx, "")
	}},
	{name: "repair", other: orderBase, begin: func(t *testing.T, _ context.Context, _ string) {
		sut.Exec(t, "systemctl", "stop", "kresd@1.service", "kresd@2.service", units.CacheGC)
	}},
}

// slowly has each process of ours take a moment more to start, so that there is time
// to speak in the middle of a step. A sandbox for that would take longer than what it is for.
func slowly(t *testing.T) {
	t.Helper()
	const dropIn = "/run/systemd/system/%s.d/slow.conf"
	for _, unit := range []string{"kresd@.service", units.PolicyLoader, units.CacheGC} {
		if err := sut.WriteFile(fmt.Sprintf(dropIn, unit), []byte("[Service]\nExecStartPre=+/usr/bin/sleep 0.2\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sut.Must(t, "systemctl", "daemon-reload")
	t.Cleanup(func() {
		r := sut.Sh(context.Background(), "rm -r /run/systemd/system/kres*.d/slow.conf; systemctl daemon-reload")
		if r.Code != 0 {
			t.Error(r.Stderr)
		}
	})
}

// listen returns what the manager tells until it ends.
func listen(t *testing.T, ctx context.Context) <-chan units.Event {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://localhost/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := sut.HTTPClient(product.Socket)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan units.Event, 1000)
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	lines.Scan() // it listens
	go func() {
		defer close(told)
		defer client.CloseIdleConnections()
		defer resp.Body.Close()
		for lines.Scan() {
			var e units.Event
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &e) == nil {
				told <- e
			}
		}
	}()
	return told
}

// step waits until a step of a change begins, and returns it; nil if the change is
// over before.
func step(t *testing.T, told <-chan units.Event, skip, n int) *units.Step {
	t.Helper()
	patience := time.After(time.Minute)
	for begun, seen := 0, 0; ; {
		select {
		case e, ok := <-told:
			switch {
			case !ok:
				return nil
			case e.Kind == units.EventBegin || e.Kind == units.EventRepair:
				begun++
			case begun > skip && e.Kind == units.EventStep:
				if seen++; seen == n {
					return e.Step
				}
			case begun > skip && (e.Kind == units.EventApplied || e.Kind == units.EventRefused):
				return nil
			case begun > skip && e.Kind == units.EventRepaired && allRuns(t): // else another repair follows
				return nil
			}
		case <-patience:
			t.Error("the change neither ends nor has another step")
			return nil
		}
	}
}

// allRuns reports whether all runs as it should.
func allRuns(t *testing.T) bool {
	t.Helper()
	a, err := sut.Request(t.Context(), "GET", "/v1/status", "")
	var st units.Status
	return err == nil && json.Unmarshal([]byte(a.Body), &st) == nil && st.State == "running" && st.Waiting == nil
}

// whole waits until all serves, and returns whether that is orderBase.
func whole(t *testing.T, base string) bool {
	t.Helper()
	product.Eventually(t, "all runs as it should", func() bool { return allRuns(t) })
	if _, err := sut.Query("udp", "host.example.", 5*time.Second); err != nil {
		t.Errorf("all runs, and DNS does not: %v", err)
	}
	return sut.Call(t, "GET", "/v1/config", "").Header.Get("ETag") == base
}

// An administrator restarts, stops or reloads the manager, or all, when a step of a
// change has begun, at each step of each kind of change. systemd is left with no job that
// waits, the manager ends by itself, and the next one finds or makes a whole
// configuration. KRESD_MANAGER_TEST_ALL has each word said at each step, in place of one
// word after another, and leaves out no step.
func TestNoJobWaitsForEver(t *testing.T) {
	sut.Fresh(t, orderBase)
	slowly(t)
	base := sut.Call(t, "GET", "/v1/config", "").Header.Get("ETag")
	for i, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			for _, doc := range []string{c.other, orderBase} {
				if a := sut.Call(t, "PUT", "/v1/config", doc); a.Code != 200 {
					t.Fatalf("PUT: %d %s", a.Code, a.Body)
				}
			}
			stride, each := 1, 1
			switch {
			case os.Getenv("KRESD_MANAGER_TEST_ALL") != "":
				each = len(words)
			case c.alike:
				stride = 2
			}
			for said := range 12 * each {
				more := speak(t, c, words[(i+said)%len(words)], 1+i%stride+said/each*stride, base)
				if t.Failed() {
					t.FailNow() // what follows begins with another state
				}
				if !more {
					if said == 0 {
						t.Error("it has no step")
					}
					return
				}
			}
		})
	}
}

// speak says a word at the n-th step of a change, and returns false if it has not so
// many.
func speak(t *testing.T, c change, w word, n int, base string) bool {
	t.Helper()
	sut.Exec(t, "systemctl", "reset-failed", units.Manager) // its start limit is not what is tried
	to := c.other
	if !whole(t, base) {
		to = orderBase
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	told := listen(t, ctx)
	since := mark(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.begin(t, ctx, to)
	}()
	s := step(t, told, c.skip, n)
	if s == nil {
		<-ended
		whole(t, base)
		return false
	}
	began := time.Now()
	sut.Must(t, append([]string{"systemctl", "--no-block"}, w.args...)...)
	noJobs(t)
	t.Logf("%s at step %d, %s %s: systemd was done after %s", w.name, n, s.Kind, s.Unit, time.Since(began).Round(time.Millisecond))
	endedByItself(t, since)
	<-ended
	if !w.away {
		whole(t, base)
		return true
	}
	if got := sut.Show(t, units.Manager, "ActiveState"); got != "inactive" {
		t.Errorf("%s at step %d, %s %s: the manager is %s", w.name, n, s.Kind, s.Unit, got)
	}
	if _, err := sut.Query("udp", "host.example.", 5*time.Second); !w.off && err != nil {
		t.Errorf("%s at step %d, %s %s: the workers were stopped, too: %v", w.name, n, s.Kind, s.Unit, err)
	}
	sut.Must(t, "systemctl", "start", units.Manager)
	whole(t, base)
	return true
}
