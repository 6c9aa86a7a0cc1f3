// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"testing"
	"time"
)

// keepVariable, set to anything, keeps the machines of Start and Main running after the
// tests, for a look inside with `go run ./test/shell`.
const keepVariable = "KRESD_MANAGER_TEST_KEEP"

// journalLines is how much of the journal a failed test shows.
const journalLines = 200

// Start boots a machine for one test and closes it when the test ends; a failed test
// shows the end of the journal. It fails the test, and never skips it, when no machine
// can be booted.
func Start(t testing.TB, opts Options) *Machine {
	t.Helper()
	if opts.Name == "" {
		opts.Name = t.Name()
	}
	if opts.Log == nil {
		opts.Log = t.Logf
	}
	opts.Keep = opts.Keep || os.Getenv(keepVariable) != ""
	m, err := Boot(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(m.failureReport())
		}
		if opts.Keep {
			t.Logf("kept the machine %s", m.name)
		} else if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// attachVariable names a kept machine that Main takes instead of booting one: to look at one
// test again and again.
const attachVariable = "KRESD_MANAGER_TEST_ATTACH"

// boot boots a machine, or takes the one that the environment names.
func boot(ctx context.Context, opts Options) (*Machine, error) {
	if name := os.Getenv(attachVariable); name != "" {
		return Attach(name)
	}
	return Boot(ctx, opts)
}

// Main runs a package's tests with one machine for all of them, stored in *machine, and
// returns the exit code for os.Exit:
//
//	var sut *machine.Machine
//
//	func TestMain(m *testing.M) { os.Exit(machine.Main(m, machine.Options{}, &sut)) }
func Main(m *testing.M, opts Options, machine **Machine) int {
	opts.Keep = opts.Keep || os.Getenv(keepVariable) != "" || os.Getenv(attachVariable) != ""
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	booted, err := boot(ctx, opts)
	stop() // an interrupt of the tests themselves ends the process, as usual
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*machine = booted
	code := m.Run()
	if code != 0 {
		fmt.Fprintln(os.Stderr, booted.failureReport())
	}
	if opts.Keep {
		fmt.Fprintf(os.Stderr, "kept the machine %s\n", booted.name)
	} else if err := booted.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

// failureReport is what helps to understand a failed test.
func (m *Machine) failureReport() string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	report := fmt.Sprintf("the last %d lines of the journal of %s:\n%s", journalLines, m.name, tail(m.Journal(ctx), journalLines))
	if console := m.Console(); console != "" {
		report += "\nconsole:\n" + tail(console, journalLines)
	}
	return report
}
