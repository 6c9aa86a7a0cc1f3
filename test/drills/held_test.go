// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// holdPolkit stops polkit, so that no job of the manager is queued before resume is called, at
// the end of the test at the latest.
func holdPolkit(t *testing.T) (resume func()) {
	t.Helper()
	polkit := sut.Show(t, "polkit.service", "MainPID")
	sut.Must(t, "kill", "-STOP", polkit)
	resumed := false
	// The context of the test is over when what it cleans up runs.
	t.Cleanup(func() {
		if !resumed {
			sut.Run(context.Background(), machine.Cmd{Args: []string{"kill", "-CONT", polkit}})
		}
	})
	return func() {
		if !resumed {
			resumed = true
			sut.Must(t, "kill", "-CONT", polkit)
		}
	}
}

// asked waits until a change has begun and polkit is asked about its first job.
func asked(t *testing.T) {
	t.Helper()
	product.Eventually(t, "the change has begun", func() bool {
		_, err := sut.ReadFile("/run/kresd-manager/applying.json")
		return err == nil
	})
	time.Sleep(200 * time.Millisecond)
}

// heldBack makes a change whose first job is held back by polkit until resume is called.
// answered is closed when the change has its answer.
func heldBack(t *testing.T, pointer, value string) (resume func(), answered <-chan struct{}) {
	t.Helper()
	resume = holdPolkit(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = sut.Request(t.Context(), "PUT", "/v1/config"+pointer, value)
	}()
	asked(t)
	return resume, done
}
