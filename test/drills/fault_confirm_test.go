// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/test/product"
)

// TestManagerKilledDuringAChangeToBeConfirmed kills the manager after each of
// the steps of a change that no one confirms. Whether it was made or not, what
// ran before runs in the end, and no query is lost on the way.
func TestManagerKilledDuringAChangeToBeConfirmed(t *testing.T) {
	there, back := document(3, "one", "192.0.2.11", "1s"), document(4, "two", "192.0.2.12", "2s")
	sut.Fresh(t, there)
	before := observe(t)
	serving(t)
	for step := 1; step <= 5; step++ {
		sut.Must(t, "systemctl", "reset-failed", "kresd-manager.service") // its start limit is not what is tried
		pid := sut.Show(t, "kresd-manager.service", "MainPID")
		killed := afterSteps(t, step, "kill -KILL "+pid)
		answer, err := sut.Request(t.Context(), "PUT", "/v1/config?confirm-within=4s", back)
		<-killed
		ready(t, pid)
		t.Logf("killed after step %d: answer %d, %v; waiting %v", step, answer.Code, err, sut.Status(t).Waiting)
		product.Eventually(t, "what ran before runs", func() bool {
			s := sut.Status(t)
			return s.Waiting == nil && s.State == "running" && `"`+s.ETag+`"` == before.ETag
		})
		if got := observe(t); !cmp.Equal(got, before) {
			t.Errorf("after step %d (-):\n%s", step, cmp.Diff(before, got))
		}
	}
}
