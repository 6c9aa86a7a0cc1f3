// SPDX-License-Identifier: Apache-2.0

// Command run runs all tests: those that need no systemd, with the race detector where it can
// find something (but for those of a real etcd), and beside them those that boot one, in lanes
// side by side, as many as the cores have time for, each with a machine of its own, and at last,
// one after another, those that measure (machine.Alone), which prepare beside the last of the others.
// It is what make test calls.
//
//	go run ./test/run [-only REGEXP] [-lanes N]
//
// It prints a line for each group of tests that has ended, and once what failed, with at most
// 60 lines of each failure: build/test has the whole logs and the programs. The end names the
// slowest tests and those that failed, and the last line has the numbers. A test of test/ that
// is skipped has failed. How long tests take is kept in the cache of test/machine, and decides
// how the next run divides them; usual.json has it for the first one. The exit code is 1 when something failed or an interrupt
// came, 2 on wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"kresd-manager/test/machine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "run the tests alone that this `regexp` matches, such as 'e2e.TestDrift|^units'")
	wide := flags.Int("lanes", 2*runtime.NumCPU()+1, "run at most so many groups of tests at the same time, where the cores have time for it")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	expression, err := regexp.Compile(*only)
	if err == nil && (*wide < 1 || flags.NArg() > 0) {
		err = errors.New("usage is run [-only REGEXP] [-lanes N], with one lane or more")
	}
	if err != nil {
		fmt.Fprintf(stderr, "cannot run tests: %v\n", err)
		return 2
	}
	r := &report{out: stdout, began: time.Now()}
	err = all(ctx, r, expression, *wide)
	r.end()
	if err != nil {
		fmt.Fprintf(stderr, "cannot run all tests: %v\n", err)
	}
	if err != nil || len(r.failures) > 0 || r.passed == 0 {
		return 1
	}
	return 0
}

// fleetFolder is the module of kres-fleet, whose tests need no systemd.
const fleetFolder = "fleet"

// all runs all tests whose names match, and reports. Its errors are of what keeps tests from running.
func all(ctx context.Context, r *report, only *regexp.Regexp, wide int) (err error) {
	packs, err := packages(ctx, ".")
	if err != nil {
		return err
	}
	var fleet []pack // of a module of its own
	if _, err := os.Stat(filepath.Join(fleetFolder, "go.mod")); err == nil {
		if fleet, err = packages(ctx, fleetFolder); err != nil {
			return err
		}
		fleet = matching(fleet, only)
	}
	p, err := newPrograms(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.tmp)) }()
	var unit, system []pack
	for _, pack := range matching(packs, only) {
		if pack.system() {
			system = append(system, pack)
		} else {
			unit = append(unit, pack)
		}
	}
	// Tests of machines wait often: those of the units fill the time.
	units := make(chan error, 1)
	go func() {
		defer close(units)
		units <- p.allUnits(ctx, r, unit, fleet)
	}()
	if len(system) > 0 {
		err = inLanes(ctx, r, p, packs, system, wide, func() error { return <-units })
	} else {
		err = <-units
	}
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.Join(errors.New("interrupted"), machine.Sweep(context.WithoutCancel(ctx), r.say))
	}
	return nil
}

// allUnits runs the tests of packages that need no systemd: those of our module and those of
// kres-fleet. Tests of a real etcd wait most of the time: they run beside the others. They do
// without the race detector, for which all of etcd's client would be compiled once more, which
// takes longer than the tests; what is concurrent of ours has tests that need no etcd.
func (p programs) allUnits(ctx context.Context, r *report, unit, fleet []pack) error {
	take := func(o *outcome) {
		if ctx.Err() == nil { // it was not ended
			r.take(o, nil)
		}
	}
	var etcd, others []pack
	for _, pack := range fleet {
		if pack.etcd {
			etcd = append(etcd, pack)
		} else {
			others = append(others, pack)
		}
	}
	var failed [2]error
	var all sync.WaitGroup
	all.Go(func() {
		if len(unit) > 0 {
			failed[0] = p.units(ctx, "", true, unit, take)
		}
		if len(others) > 0 {
			failed[0] = errors.Join(failed[0], p.units(ctx, fleetFolder, true, others, take))
		}
	})
	all.Go(func() {
		if len(etcd) > 0 {
			failed[1] = p.units(ctx, fleetFolder, false, etcd, take)
		}
	})
	all.Wait()
	return errors.Join(failed[:]...)
}

// inLanes runs the tests of system packages; packs is all packages that there are. What runs
// beside, and has to end before those that must be alone, is waited for by others.
func inLanes(ctx context.Context, r *report, p programs, packs, system []pack, wide int, others func() error) error {
	if err := p.build(ctx, system); err != nil {
		return errors.Join(err, others())
	}
	file := filepath.Join(machine.CacheDir(), "times.json")
	known := readTimes(file)
	var divided []group
	for _, pack := range system {
		divided = append(divided, groups(pack, known)...)
	}
	r.say("built the tests of machines; %d groups in up to %d lanes", len(divided), wide)
	var failed error
	lanes(ctx, divided, width{min(wide, runtime.NumCPU()), wide, spare}, p.run, func() { failed = others() }, func(g group, o *outcome) {
		if ctx.Err() != nil {
			return
		}
		r.take(o, g.tests)
		known.learn(g, o)
	})
	return errors.Join(failed, others(), known.write(file, packs))
}

// matching returns the packages and tests whose names, as in "test/e2e.TestDrift", match.
// Packages that need no systemd are taken as a whole.
func matching(packs []pack, only *regexp.Regexp) []pack {
	var chosen []pack
	for _, p := range packs {
		if p.system() {
			p.tests = slices.DeleteFunc(slices.Clone(p.tests), func(t test) bool { return !only.MatchString(p.name + "." + t.name) })
		} else if !only.MatchString(p.name) {
			continue
		}
		if len(p.tests) > 0 {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// newPrograms makes the folders that programs need.
func newPrograms(ctx context.Context) (programs, error) {
	dir, err := os.Getwd()
	if err != nil {
		return programs{}, err
	}
	p := programs{dir: dir, out: filepath.Join(dir, "build", "test")}
	if err := os.MkdirAll(p.out, 0o755); err != nil {
		return p, fmt.Errorf("cannot make a folder for logs: %w", err)
	}
	out, err := exec.CommandContext(ctx, "go", "tool", "-n", "test2json").Output()
	if err != nil {
		return p, fmt.Errorf("cannot find test2json, which is part of Go: %w", err)
	}
	p.test2json = strings.TrimSpace(string(out))
	// Sockets are made in it: their paths must stay short (unix(7)).
	p.tmp, err = os.MkdirTemp("", "t")
	if err == nil {
		err = os.Chmod(p.tmp, 0o777|os.ModeSticky) // as /tmp is
	}
	return p, err
}
