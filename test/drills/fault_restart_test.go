// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// The manager is restarted when its change has begun and the job for the next step
// is not queued yet: polkit, which is asked before, holds it back. Nothing that the
// step needs may wait for the manager to end, since the manager waits for the step.
func TestRestartBeforeTheJobOfAStepIsQueued(t *testing.T) {
	for _, c := range []struct{ name, pointer, value string }{
		{"load", "/local-data/addresses/restart.example", `"192.0.2.77"`},
		{"try", "/nsid", `"restarted"`},
		{"start", "/workers", "4"},
		{"component", "/components/extra", `{"command": ["/bin/sleep", "infinity"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Fresh(t, three)
			old := sut.Show(t, "kresd-manager.service", "MainPID")
			resume, answered := heldBack(t, c.pointer, c.value)
			sut.Must(t, "systemctl", "--no-block", "restart", "kresd-manager.service")
			product.Eventually(t, "the manager is asked to end", func() bool {
				return sut.Show(t, "kresd-manager.service", "ActiveState") == "deactivating"
			})
			resume()
			<-answered
			ready(t, old)
			product.Eventually(t, "no job is left", func() bool {
				return strings.Contains(sut.Exec(t, "systemctl", "list-jobs").Stdout, "No jobs")
			})
			product.Eventually(t, "all runs", func() bool { return sut.Status(t).State == "running" })
		})
	}
}
