// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"os"
	"testing"
)

// besideVariable, set to anything, says that tests of other programs run on this host at
// the same time.
const besideVariable = "KRESD_MANAGER_TEST_BESIDE"

// Alone says that a test measures what others on the same host would spoil: losses under
// load, times, memory. The runner (test/run) finds the call in the source, also in
// functions that the test calls, and runs the test while nothing else runs. The call itself
// fails a test that runs beside others: then the runner has not found it.
func Alone(t testing.TB) {
	t.Helper()
	if os.Getenv(besideVariable) != "" {
		t.Fatal("cannot measure beside other tests: test/run has not seen in the source that this test calls Alone")
	}
}
