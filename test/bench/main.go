// SPDX-License-Identifier: Apache-2.0

// Command bench measures kresd-manager beside the stock manager of Knot Resolver: the
// same resolver, the same configuration file, two test machines on one host, and every
// measurement taken in turn on both, so that the noise of the host hits both alike.
// Absolute times mean little on a busy host; the ratios of one run do.
//
//	go run ./test/bench [--only NAME,…] [--json FILE] [--markdown FILE]
//
// It prints a table and never fails because something is slow. The exit code is 1 when
// something did not work, 2 on wrong usage. It needs what the demo needs.
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
	document := flags.String("markdown", "", "also write the table as Markdown to this `file`")
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
		fmt.Fprintln(stderr, "cannot take an argument: usage is bench [--only NAME,…] [--json FILE] [--markdown FILE]")
		return 2
	}
	b := &bench{began: time.Now(), progress: func(text string) { fmt.Fprintln(stderr, "... "+text) }}
	err := b.all(ctx, chosen)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if len(b.rows) > 0 { // also what was measured before something failed
		b.print(stdout)
		if *file != "" {
			err = errors.Join(err, b.writeJSON(*file))
		}
		if *document != "" {
			err = errors.Join(err, b.writeMarkdown(*document))
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}
