// SPDX-License-Identifier: Apache-2.0

// Command kresd-drain is the ExecStop= of a worker: it steers new queries to
// the other workers and waits until those in progress are answered and clients
// that are connected have been parted from, so that the stop that follows loses
// none. A worker that is the last one goes on serving while another one is on
// its way back. It has nothing to do, and removes the control socket that is
// left, when the worker has ended by itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kresd-manager/dbusctl"
	"kresd-manager/internal/cmdline"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

const (
	// stopTime is what systemd gives us, less what a busy machine may take:
	// TimeoutStopSec=15 in kresd@.service.
	stopTime = 14 * time.Second
	// patience is how long the last worker waits for another one, at most.
	patience = 7 * time.Second
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv("MAINPID"), visible.NewWriter(os.Stdout), visible.NewWriter(os.Stderr)))
}

// run returns 0 even if queries were left, so that the stop goes on; 1 if the
// worker could not be asked, and 2 for wrong usage.
func run(args []string, mainPID string, stdout, stderr io.Writer) int {
	flags := cmdline.New("kresd-drain")
	rundir := flags.String("rundir", "/run/knot-resolver", "run `directory` of the workers")
	deadline := flags.Duration("deadline", 5*time.Second, "the `time` to wait for queries in progress, where the file does not say")
	file := flags.String("deadline-file", "/run/kresd-manager/worker/drain", "`file` that says how long to wait, if it is there")
	user := flags.Bool("user", false, "ask the user's own systemd, not the system's")
	name := flags.String("name", "", "of the resolver, in the `names` of its units")
	if code, done := cmdline.Begin(flags, args, "INSTANCE", 1, stdout, stderr); done {
		return code
	}
	units.Use(*name)
	instance := flags.Arg(0)
	if mainPID == "" {
		// systemd.exec(5): set while there is a main process. It ended, and a
		// process that did not leave by itself leaves its socket behind.
		_ = os.Remove(kresd.Socket(*rundir, instance))
		return 0
	}
	limit, err := configured(*file, *deadline)
	if err != nil {
		fmt.Fprintf(stderr, "%v; waiting %v\n", err, limit)
	}
	bus := ""
	if *user {
		bus = dbusctl.UserBus()
	}
	process, err := strconv.Atoi(mainPID)
	if err != nil {
		process = 0
	}
	return drain(*rundir, instance, bus, kresd.DrainOptions{Deadline: min(limit, stopTime), Process: process, Spare: spare(os.Getenv("RUNTIME_DIRECTORY"))}, stderr)
}

// spare is the second control socket of a worker, in the first of the directories
// that systemd has made for it (systemd.exec(5)); "" if there are none.
func spare(directories string) string {
	if own, _, _ := strings.Cut(directories, ":"); own != "" {
		return filepath.Join(own, "control")
	}
	return ""
}

// configured returns the time in a file, and the given one if there is no such
// file or, with an error, no such time.
func configured(file string, otherwise time.Duration) (time.Duration, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return otherwise, nil
	}
	if err != nil {
		return otherwise, fmt.Errorf("cannot tell how long to wait: %w", err)
	}
	d, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil || d < 0 {
		return otherwise, fmt.Errorf("cannot tell how long to wait: %s has %.40q, which is not a time", file, text)
	}
	return d, nil
}

func drain(rundir, instance, bus string, o kresd.DrainOptions, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	o.Patience = min(patience, stopTime-o.Deadline)
	o.Returning = func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return dbusctl.Returning(ctx, bus, units.InstanceUnit(instance))
	}
	d, err := kresd.Drain(ctx, rundir, instance, o)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "cannot drain worker %s: %v\n", instance, err)
		return 1
	case d.Sockets == 0 && d.Kept > 0:
		fmt.Fprintf(stderr, "worker %s is the last one on its addresses and is not drained\n", instance)
	case !d.Complete:
		fmt.Fprintf(stderr, "worker %s still has queries in progress or clients connected after %s\n", instance, d.Took.Round(time.Millisecond))
	}
	return 0
}
