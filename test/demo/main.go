// SPDX-License-Identifier: Apache-2.0

// Command demo shows on a real systemd what kresd-manager does: it boots a test machine,
// installs the product into it with make install, types a list of commands there and
// prints them with their real output. Every act is checked, so it is a smoke test too.
//
//	go run ./test/demo [--keep]
//
// It needs root, Go, make and a Debian package mirror; the rest it sets up itself. The
// machine is gone afterwards, unless --keep is given. The exit code is 0 when every act
// went as it should, 1 when one did not or the demo was interrupted, 2 on wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kresd-manager/test/machine"
)

func main() {
	// Not only an interrupt must end the machine in order: so must a closed terminal.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	keep := flags.Bool("keep", false, "leave the machine running")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintln(stderr, "cannot take an argument: usage is demo [--keep]")
		return 2
	}
	out := newPrinter(stdout)
	if err := show(ctx, out, *keep); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(stderr, "\ndemo: %v\n", err)
		return 1
	}
	return 0
}

// show sets the machine up, plays all acts and clears up.
func show(ctx context.Context, out *printer, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "kresd-manager-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, err := setUp(ctx, out, dir, keep)
	if err != nil {
		return err
	}
	kept := false
	defer func() {
		if !kept {
			err = errors.Join(err, m.Close())
		}
	}()
	began := time.Now()
	acts := script()
	for _, a := range acts {
		if err := play(ctx, m, out, a); err != nil {
			if ctx.Err() == nil {
				out.journal(journalTail(m))
			}
			return err
		}
	}
	took := time.Since(began).Round(100 * time.Millisecond)
	if !keep {
		out.title(fmt.Sprintf("Done: %d commands in %v, each did what it should", len(acts), took))
		out.note("get a shell inside: make demo KEEP=1, then make shell")
		return nil
	}
	if err := reachable(ctx, m); err != nil {
		return err
	}
	kept = true
	out.title(fmt.Sprintf("Done: %d commands in %v; the machine %s runs on", len(acts), took, m.Name()))
	out.note("a shell inside:        make shell")
	out.note("the API from outside:  curl -s --unix-socket " + hostSocket(m) + " localhost/v1/status")
	out.note("end it:                go run ./test/shell --close")
	return nil
}

// journalTail is what helps to understand an act that failed.
func journalTail(m *machine.Machine) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return m.Sh(ctx, "journalctl --quiet --no-pager --output=short-precise --lines=40 --unit='kres*'").Stdout
}
