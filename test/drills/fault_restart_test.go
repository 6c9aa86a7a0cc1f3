// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"strings"
	"testing"
	"time"
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
			fresh(t, three)
			old := show(t, "kresd-manager.service", "MainPID")
			polkit := show(t, "polkit.service", "MainPID")
			must(t, "kill", "-STOP", polkit)
			tidied := false
			resume := func() {
				if !tidied {
					tidied = true
					must(t, "kill", "-CONT", polkit)
				}
			}
			defer resume()
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				_, _ = request(t.Context(), "PUT", "/v1/config"+c.pointer, c.value)
			}()
			eventually(t, "the change has begun", func() bool {
				_, err := sut.ReadFile("/run/kresd-manager/applying.json")
				return err == nil
			})
			time.Sleep(200 * time.Millisecond) // until polkit is asked
			must(t, "systemctl", "--no-block", "restart", "kresd-manager.service")
			eventually(t, "the manager is asked to end", func() bool {
				return show(t, "kresd-manager.service", "ActiveState") == "deactivating"
			})
			resume()
			<-answered
			ready(t, old)
			eventually(t, "no job is left", func() bool {
				return strings.Contains(run(t, "systemctl", "list-jobs").Stdout, "No jobs")
			})
			eventually(t, "all runs", func() bool { return status(t).State == "running" })
		})
	}
}
