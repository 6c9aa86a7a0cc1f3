// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	// besideVariable, set to anything, says that tests of other programs run on this host at
	// the same time.
	besideVariable = "KRESD_MANAGER_TEST_BESIDE"
	// turnVariable names a file that is locked until no other tests run any more.
	turnVariable = "KRESD_MANAGER_TEST_TURN"
)

// waits is what a test says that waits for its turn: the runner knows the words.
const waits = "waits until it is alone"

// Alone says that a test measures what others on the same host would spoil: losses under
// load, times, memory. The runner (test/run) finds the call in the source, also in
// functions that the test calls, and runs the test while nothing else runs. What the test does
// before the call it does beside others: the call returns when they have ended, and holds for
// all that the program does afterwards. The call itself
// fails a test that runs beside others: then the runner has not found it.
func Alone(t testing.TB) {
	t.Helper()
	if os.Getenv(besideVariable) != "" {
		t.Fatal("cannot measure beside other tests: test/run has not seen in the source that this test calls Alone")
	}
	if file := os.Getenv(turnVariable); file != "" {
		turn.Do(func() {
			t.Log(waits)
			turnErr = unlocked(file)
		})
		if turnErr != nil {
			t.Fatal(turnErr)
		}
	}
}

// A program gets its turn once.
var (
	turn    sync.Once
	turnErr error
)

// unlocked returns when no one has locked a file.
func unlocked(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("cannot wait for other tests: %w", err)
	}
	defer f.Close()
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_SH); err != unix.EINTR {
			if err != nil {
				err = fmt.Errorf("cannot wait for other tests: %w", err)
			}
			return err
		}
	}
}
