// SPDX-License-Identifier: Apache-2.0

// Package soak lets a random administrator work beside random changes, on a real
// systemd, and asks again and again whether the status tells the truth.
//
//	make soak                       10 minutes
//	make soak SOAK=1h SEED=42
//	go test ./test/soak -count=1 -v -args -for 2m -only 'freeze|thaw'
//
// The run prints its seed, which is always the same in make test; the same seed makes the same decisions in the same order.
// What comes of them depends on when they happen, so a fault may take several runs to
// come back; -only narrows what the administrator does.
//
// The administrator's table is in admin_test.go, that of the changes in change_test.go.
// After each round both pause, and what is really there is compared with what
// GET /v1/status says (oracle_test.go): what systemd says of each unit, which process
// answers on which control socket, what clients are answered, and whether the state is
// the right word for all that. In the end the administrator takes back his own hindrances,
// corrects the file and restarts the manager, and all must serve what the file says.
// Queries may get lost meanwhile.
//
// The clock is not set back an hour: a time namespace has clocks of its own for the
// time since the boot, and none for the time of day (time_namespaces(7)), so that
// systemd in it would set the clock of the host. Tests of internal/history set it.
package soak

import (
	"flag"
	"os"
	"testing"
	"time"

	"kresd-manager/test/product"
)

var (
	length = flag.Duration("for", time.Minute, "how long the administrator works")
	seed   = flag.Uint64("seed", 1, "what decides; 0 is the time of day, as in make soak")
	only   = flag.String("only", "", "regular expression of what the administrator does")
	// A look comes once a minute, and what is found takes its time to be put right.
	within = flag.Duration("within", 2*time.Minute, "how long the status may take to be true again")
	all    = flag.Bool("all", false, "do what is left out, too")
)

// sut is the machine that all tests of the package share, one after another.
var sut product.System

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(product.Main(m, "soak", document(draw{workers: 2, which: 1, nsid: 1}), &sut))
}
