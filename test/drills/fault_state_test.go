// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// state is what must never be a mix of two configurations.
type state struct {
	ETag  string            // of the configuration that the API shows
	Says  map[string]string // what each active unit says that it runs
	GC    string            // arguments of the garbage collector
	Which string            // the address of which.example, "differs" if workers do not agree
}

// observe reads the state.
func observe(t *testing.T) state {
	t.Helper()
	s := state{ETag: sut.Call(t, "GET", "/v1/config", "").Header.Get("ETag"), Says: map[string]string{}}
	all := sut.Units(t.Context(), []string{"kresd@*.service", units.PolicyLoader, units.CacheGC}, "ActiveState", "StatusText", "MainPID")
	if len(all) < 2 {
		t.Fatal("systemd does not say what there is")
	}
	for _, v := range all {
		switch {
		case v["Id"] == units.CacheGC && v["MainPID"] != "0":
			r := sut.Exec(t, "cat", "/proc/"+v["MainPID"]+"/cmdline")
			s.GC = strings.ReplaceAll(r.Stdout, "\x00", " ")
		case v["Id"] != units.CacheGC && v["ActiveState"] != "inactive":
			s.Says[v["Id"]] = v["ActiveState"] + ": " + v["StatusText"]
		}
	}
	for i := range 16 { // sixteen ports, so that every worker is asked
		got, err := sut.Query("udp", "which.example.", 5*time.Second)
		if err != nil || len(got) != 1 {
			t.Fatalf("which.example is %v: %v", got, err)
		}
		if i > 0 && got[0] != s.Which {
			s.Which = "differs"
			break
		}
		s.Which = got[0]
	}
	return s
}

// workers returns the units of s that are workers, sorted.
func (s state) workers() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.Says)), func(unit string) bool { return unit == units.PolicyLoader })
}

// apply makes doc the running configuration.
func apply(t *testing.T, doc string) state {
	t.Helper()
	a := sut.Call(t, "PUT", "/v1/config", doc)
	if a.Code != 200 {
		t.Fatalf("PUT: %d %s", a.Code, a.Body)
	}
	s := observe(t)
	if got := sut.Status(t); got.State != "running" {
		t.Errorf("state %s: %+v", got.State, got)
	}
	return s
}

// oneOf fails the test unless the system is in one of two states, whole, and
// says so.
func oneOf(t *testing.T, a, b state) state {
	t.Helper()
	var s state
	var got units.Status
	// A worker that was being started when the manager died ends that first.
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		s, got = observe(t), sut.Status(t)
		if got.State == "running" && (cmp.Equal(s, a) || cmp.Equal(s, b)) {
			return s
		}
	}
	t.Errorf("the system is in neither state; from the old (-):\n%s\nfrom the new (-):\n%s\nstatus %s: %+v",
		cmp.Diff(a, s), cmp.Diff(b, s), got.State, got)
	return s
}

// document gives a configuration in which every part can differ: the text of
// the workers, their number, the rules and the garbage collector.
func document(workers int, nsid, which string, interval string) string {
	return fmt.Sprintf(`{
		"workers": %d,
		"nsid": %q,
		"network": {"listen": [{"interface": "127.0.0.1"}]},
		"dnssec": {"enable": false},
		"cache": {"garbage-collector": {"interval": %q}},
		"local-data": {"addresses": {"host.example": "192.0.2.1", "which.example": %q}}
	}`, workers, nsid, interval, which)
}
