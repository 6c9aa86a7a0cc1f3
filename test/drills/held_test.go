// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// heldBack makes a change, and stops polkit so that the job of its first step is not
// queued before resume is called, at the end of the test at the latest. answered is
// closed when the change has its answer.
func heldBack(t *testing.T, pointer, value string) (resume func(), answered <-chan struct{}) {
	t.Helper()
	polkit := sut.Show(t, "polkit.service", "MainPID")
	sut.Must(t, "kill", "-STOP", polkit)
	resumed := false
	resume = func() {
		if !resumed {
			resumed = true
			sut.Must(t, "kill", "-CONT", polkit)
		}
	}
	// The context of the test is over when what it cleans up runs.
	t.Cleanup(func() {
		if !resumed {
			sut.Run(context.Background(), machine.Cmd{Args: []string{"kill", "-CONT", polkit}})
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = sut.Request(t.Context(), "PUT", "/v1/config"+pointer, value)
	}()
	product.Eventually(t, "the change has begun", func() bool {
		_, err := sut.ReadFile("/run/kresd-manager/applying.json")
		return err == nil
	})
	time.Sleep(200 * time.Millisecond) // until polkit is asked
	return resume, done
}
