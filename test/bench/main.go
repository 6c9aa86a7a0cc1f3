// SPDX-License-Identifier: Apache-2.0

// Command bench measures kresd-manager beside the stock manager of Knot Resolver: the
// same resolver, the same configuration file, two test machines on one host, and every
// measurement taken in turn on both, so that the noise of the host hits both alike.
// Absolute times mean little on a busy host; the ratios of one run do.
//
//	go run ./test/bench [--only NAME,…] [--json FILE] [--docs FOLDER] [--from FILE]
//
// It prints tables. The exit code is 1 when something did not work, was not measured for
// want of time, or misses its budget, 2 on wrong usage. It needs what the demo needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	watchBoot()
	slopeIn()
	serveBare()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var names []string
	for _, m := range measures {
		names = append(names, m.name)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "measure these `names` alone, separated by commas: "+strings.Join(names, ", "))
	file := flags.String("json", "", "also write all samples to this `file`")
	docs := flags.String("docs", "", "also write benchmarks.md, its plots and the samples below this `folder`, and the numbers of README.md beside it")
	from := flags.String("from", "", "measure nothing: the samples are in this `file`")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	chosen := names
	if *only != "" {
		chosen = strings.Split(*only, ",")
	}
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			fmt.Fprintf(stderr, "cannot measure %q: the names are %s\n", name, strings.Join(names, ", "))
			return 2
		}
	}
	if flags.NArg() > 0 {
		fmt.Fprintln(stderr, "cannot take an argument: usage is bench [--only NAME,…] [--json FILE] [--docs FOLDER] [--from FILE]")
		return 2
	}
	var d *document
	var err error
	if *from != "" {
		d, err = readJSON(*from)
	} else {
		b := &bench{began: time.Now(), progress: func(text string) { fmt.Fprintln(stderr, "... "+text) }}
		err = b.all(ctx, chosen)
		d = b.document()
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if d != nil && len(d.Results) > 0 { // also what was measured before something failed
		d.print(stdout)
		if *file != "" {
			err = errors.Join(err, d.writeJSON(*file))
		}
		if *docs != "" {
			err = errors.Join(err, d.publish(*docs))
		}
		err = errors.Join(err, d.judge())
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}

// judge fails a run that misses a budget, or has not measured all that was asked for.
func (d *document) judge() error {
	var failures []error
	for _, text := range d.over() {
		failures = append(failures, fmt.Errorf("over budget: %s", text))
	}
	for _, r := range d.Results {
		if r.Verdict == over && r.bound() == "" {
			failures = append(failures, fmt.Errorf("nothing says what bounds %q: find out, and add it to bounds in test/bench/bounds.go", r.What))
		}
	}
	for _, text := range d.Missing {
		failures = append(failures, fmt.Errorf("not measured: %s", text))
	}
	return errors.Join(failures...)
}
