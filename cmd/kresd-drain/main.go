// SPDX-License-Identifier: Apache-2.0

// Command kresd-drain is the ExecStop= of a worker: it steers new queries to
// the other workers and waits until those in progress are answered, so that
// the stop that follows loses none. It has nothing to do, and removes the
// control socket that is left, when the worker has ended by itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"kresd-manager/internal/kresd"
)

func main() { os.Exit(run(os.Args[1:], os.Getenv("MAINPID"), os.Stderr)) }

// run returns 0 even if queries were left, so that the stop goes on; 1 if the
// worker could not be asked, and 2 for wrong usage.
func run(args []string, mainPID string, stderr io.Writer) int {
	flags := flag.NewFlagSet("kresd-drain", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rundir := flags.String("rundir", "/run/knot-resolver", "run `directory` of the workers")
	deadline := flags.Duration("deadline", 5*time.Second, "how long to wait for queries in progress")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() != 1 {
		fmt.Fprintln(stderr, "usage: kresd-drain [--rundir DIRECTORY] [--deadline TIME] INSTANCE")
		return 2
	}
	instance := flags.Arg(0)
	if mainPID == "" {
		// systemd.exec(5): set while there is a main process. It ended, and a
		// process that did not leave by itself leaves its socket behind.
		_ = os.Remove(kresd.Socket(*rundir, instance))
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), *deadline)
	defer cancel()
	d, err := kresd.Drain(ctx, *rundir, instance)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "cannot drain worker %s: %v\n", instance, err)
		return 1
	case d.Sockets == 0 && d.Kept > 0:
		fmt.Fprintf(stderr, "worker %s is the last one on its addresses and is not drained\n", instance)
	case !d.Complete:
		fmt.Fprintf(stderr, "worker %s still has queries in progress after %s\n", instance, d.Took.Round(time.Millisecond))
	}
	return 0
}
