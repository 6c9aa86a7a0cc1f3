// SPDX-License-Identifier: Apache-2.0

// Command demo shows on a real systemd what kresd-manager does: it boots a test machine,
// installs the product into it with make install, types a list of commands there and
// prints them with their real output. Every act is checked, so it is a smoke test too.
// With --fleet it does so with kres-fleet on three machines that are joined by a network.
//
//	go run ./test/demo [--keep | --fleet]
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
	"kresd-manager/test/product"
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
	fleet := flags.Bool("fleet", false, "show kres-fleet, on three machines")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 || *keep && *fleet {
		fmt.Fprintln(stderr, "cannot run: usage is demo [--keep | --fleet]")
		return 2
	}
	out := newPrinter(stdout)
	shown := show
	if *fleet {
		shown = showFleet
	}
	if err := shown(ctx, out, *keep); err != nil {
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
	acts := script()
	took, err := playAll(ctx, single{m}, out, acts)
	if err != nil {
		return err
	}
	if !keep {
		out.title(done(acts, took))
		out.note("get a shell inside: make demo KEEP=1, then make shell")
		return nil
	}
	if err := reachable(ctx, m); err != nil {
		return err
	}
	kept = true
	out.title(fmt.Sprintf("Done: %d commands in %v; the machine %s runs on", len(acts), took, m.Name()))
	tellKept(out, hostSocket(m))
	return nil
}

// tellKept says what can be done with a machine that runs on.
func tellKept(out *printer, socket string) {
	out.note("a shell inside:        make shell")
	out.note("its pages:             make pages, then " + product.PagesURL(product.PagesAddress))
	out.note("the API from outside:  curl -s --unix-socket " + socket + " localhost/v1/status")
	out.note("end it:                go run ./test/shell --close")
}

// playAll plays acts one after another, and returns how long they took.
func playAll(ctx context.Context, s stage, out *printer, acts []act) (took time.Duration, err error) {
	began := time.Now()
	for _, a := range acts {
		if err := play(ctx, s, out, a); err != nil {
			if ctx.Err() == nil {
				looking, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				out.journal(s.journal(looking))
			}
			return 0, err
		}
	}
	return time.Since(began).Round(100 * time.Millisecond), nil
}

func done(acts []act, took time.Duration) string {
	commands := 0
	for _, a := range acts {
		if a.command != "" {
			commands++
		}
	}
	return fmt.Sprintf("Done: %d commands in %v, each did what it should", commands, took)
}

// single is a stage of one machine.
type single struct{ *machine.Machine }

func (s single) run(ctx context.Context, _, script string) machine.Result {
	return s.Run(ctx, machine.Cmd{Args: []string{"bash", "-c", script}, Env: []string{"COLUMNS=" + columns}})
}

func (s single) journal(ctx context.Context) string {
	return s.Sh(ctx, "journalctl --quiet --no-pager --output=short-precise --lines=40 --unit='kres*'").Stdout
}
