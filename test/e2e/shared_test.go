// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestSharedMemoryOfOldParametersIsRemoved: each change of rate limiting makes a
// file, and the last worker that has left the old one removes it.
func TestSharedMemoryOfOldParametersIsRemoved(t *testing.T) {
	sut.Fresh(t, basic)
	list := func() []string {
		return strings.Fields(sut.Must(t, "sh", "-c", "ls /run/knot-resolver/work | grep ^ratelimiting- || true"))
	}
	sut.Put(t, "/rate-limiting", `{"enable": true, "rate-limit": 100}`)
	for n := range 6 {
		sut.Put(t, "/rate-limiting/rate-limit", fmt.Sprint(200+n))
	}
	got := list()
	if len(got) != 1 {
		t.Errorf("after seven changes there are %q", got)
	}
	for _, unit := range []string{"kresd@1", "kresd@2"} {
		pid := sut.Show(t, unit, "MainPID")
		if used := sut.Must(t, "grep", "-c", "work/ratelimiting-", "/proc/"+pid+"/maps"); strings.TrimSpace(used) == "0" {
			t.Errorf("%s has no shared memory for rate limiting", unit)
		}
		if r := sut.Exec(t, "grep", "(deleted)", "/proc/"+pid+"/maps"); strings.Contains(r.Stdout, "ratelimiting-") {
			t.Errorf("%s uses a file that was removed: %s", unit, r.Stdout)
		}
	}
	// A worker that comes back shares it, too.
	sut.Must(t, "systemctl", "restart", "kresd@1.service")
	if again := list(); strings.Join(again, " ") != strings.Join(got, " ") {
		t.Errorf("after a restart there are %q, before there were %q", again, got)
	}
	sut.Put(t, "/workers", "1")
	sut.Expect(t, "host.example.", "192.0.2.1")
}
