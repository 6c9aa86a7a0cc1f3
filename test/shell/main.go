// SPDX-License-Identifier: Apache-2.0

// Command shell opens a root shell inside a test machine that was kept: by make demo
// KEEP=1, by tests run with KRESD_MANAGER_TEST_KEEP=1, or booted by this command.
//
//	go run ./test/shell [NAME]            a shell in a machine, by default the newest
//	go run ./test/shell --boot [--stock] [--layer DIR]… [--enable UNIT]…
//	                                      boot one, and a shell in it
//	go run ./test/shell --list            the names of the kept machines
//	go run ./test/shell --pages [NAME]    show its pages to a browser of this host, until Ctrl-C
//	go run ./test/shell --close [NAME]    end one, by default all
//
// The exit code is the shell's; 1 when something failed, 2 on wrong usage.
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
	"slices"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// names is a flag that can be given several times.
type names []string

func (n *names) String() string         { return fmt.Sprint(*n) }
func (n *names) Set(value string) error { *n = append(*n, value); return nil }

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("shell", flag.ContinueOnError)
	flags.SetOutput(stderr)
	boot := flags.Bool("boot", false, "boot a machine and keep it")
	list := flags.Bool("list", false, "list the kept machines, the newest last")
	end := flags.Bool("close", false, "end the kept machines, or the named one")
	show := flags.Bool("pages", false, "show the pages of the newest kept machine, or of the named one, to a browser of this host")
	stock := flags.Bool("stock", false, "with --boot: start the stock resolver")
	var layers, enable names
	flags.Var(&layers, "layer", "with --boot: a `folder` laid over the root, such as an install tree")
	flags.Var(&enable, "enable", "with --boot: a `unit` to enable")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 1 || *boot && flags.NArg() > 0 {
		fmt.Fprintln(stderr, "cannot take so many names: usage is shell [--boot | --list | --pages | --close] [NAME]")
		return 2
	}
	var err error
	switch {
	case *boot:
		opts := machine.Options{Name: "kept", Keep: true, Stock: *stock, Layers: layers, Enable: enable}
		var m *machine.Machine
		if m, err = machine.Boot(ctx, opts); err == nil {
			fmt.Fprintf(stderr, "%s runs until `go run ./test/shell --close`\n", m.Name())
			return shell(ctx, m, stdin, stdout, stderr)
		}
	case *list:
		err = printKept(stdout)
	case *show:
		var m *machine.Machine
		if m, err = attach(flags.Arg(0)); err == nil {
			err = pages(ctx, m, product.PagesAddress, stdout)
		}
	case *end:
		err = closeKept(flags.Arg(0), stderr)
	default:
		var m *machine.Machine
		if m, err = attach(flags.Arg(0)); err == nil {
			return shell(ctx, m, stdin, stdout, stderr)
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// errNoneKept says how to come by a kept machine.
var errNoneKept = errors.New("no kept machine runs: make demo KEEP=1 leaves one, as do " +
	"`go run ./test/shell --boot` and tests run with KRESD_MANAGER_TEST_KEEP=1")

// attach finds a machine by name, or the newest.
func attach(name string) (*machine.Machine, error) {
	kept, err := machine.Kept()
	if err != nil {
		return nil, err
	}
	if len(kept) == 0 {
		return nil, errNoneKept
	}
	if name == "" {
		name = kept[len(kept)-1]
	}
	if !slices.Contains(kept, name) {
		return nil, fmt.Errorf("cannot find the machine %s: those kept are %v", name, kept)
	}
	return machine.Attach(name)
}

func printKept(stdout io.Writer) error {
	kept, err := machine.Kept()
	for _, name := range kept {
		fmt.Fprintln(stdout, name)
	}
	return err
}

// closeKept ends the named machine, or all.
func closeKept(name string, stderr io.Writer) error {
	kept, err := machine.Kept()
	if err != nil {
		return err
	}
	if name != "" {
		if !slices.Contains(kept, name) {
			return fmt.Errorf("cannot find the machine %s: those kept are %v", name, kept)
		}
		kept = []string{name}
	}
	var failures []error
	for _, name := range kept {
		m, err := machine.Attach(name)
		if err == nil {
			err = m.Close()
		}
		if err == nil {
			fmt.Fprintf(stderr, "ended %s\n", name)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// shell runs bash inside until it ends, and returns its exit code.
func shell(ctx context.Context, m *machine.Machine, stdin io.Reader, stdout, stderr io.Writer) int {
	// An interrupt from the keyboard is for what runs in the shell. It is caught and not
	// ignored, because the shell would inherit that.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	terminal := os.Getenv("TERM")
	if terminal == "" {
		terminal = "dumb"
	}
	cmd := m.Command(ctx, machine.Cmd{Args: []string{"bash", "--login"}, Env: []string{"TERM=" + terminal}, Stdin: stdin})
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := cmd.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintf(stderr, "cannot run a shell in %s: %v\n", m.Name(), err)
		return 1
	}
	return 0
}
