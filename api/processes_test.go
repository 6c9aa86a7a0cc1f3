// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/units"
)

func TestProcesses(t *testing.T) {
	s := serve(t, api.Options{})
	s.Systemd.Fail(units.Worker(2))
	pids := s.Systemd.PIDs()
	worker := fmt.Sprintf(`    {
        "type": "KRESD",
        "pid": %d,
        "status": "RUNNING"
    }`, pids[units.Worker(1)])
	gc := fmt.Sprintf(`    {
        "type": "GC",
        "pid": %d,
        "status": "RUNNING"
    }`, pids[units.CacheGC])
	both := "[\n" + worker + ",\n" + gc + "\n]\n"
	for path, want := range map[string]string{
		"/processes":       both,
		"/processes/all":   both,
		"/processes/kresd": "[\n" + worker + "\n]\n",
		"/processes/gc":    "[\n" + gc + "\n]\n",
	} {
		if got := s.ask(t, "GET", path, ""); got.StatusCode != 200 || got.body != want {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
	s.Systemd.AdminStop(units.CacheGC)
	if got := s.ask(t, "GET", "/processes/gc", ""); got.StatusCode != 200 || got.body != "[]\n" {
		t.Errorf("without the garbage collector: %d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/processes/foo", ""); got.StatusCode != 400 || !strings.Contains(got.body, "foo") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
