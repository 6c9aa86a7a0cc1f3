// SPDX-License-Identifier: Apache-2.0

package cmdline

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// exitUsage is the exit status of all our programs for a command line that is wrong.
const exitUsage = 2

// New returns the flags of a program, which print nothing by themselves.
func New(program string) *flag.FlagSet {
	f := flag.NewFlagSet(program, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// Parse reads arguments. The error is [flag.ErrHelp], or says what is wrong in our words.
func Parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	// Package flag has nothing but texts for what is wrong; a test holds each of them.
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var names []string
		f.VisitAll(func(known *flag.Flag) { names = append(names, known.Name) })
		return errors.New(NoFlag(dashed(name), names))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		what := ""
		if known := f.Lookup(name); known != nil {
			what, _ = flag.UnquoteUsage(known)
		}
		return errors.New(NoValue(name, what))
	}
	if typed, ok := strings.CutPrefix(text, "bad flag syntax: "); ok {
		return fmt.Errorf("%q is not a flag", typed)
	}
	if value, name, cause, ok := wrongValue(text); ok {
		kind := ""
		if known := f.Lookup(name); known != nil {
			if typed, ok := known.Value.(flag.Getter); ok {
				kind = fmt.Sprintf("%T", typed.Get())
			}
		}
		return errors.New(WrongValue(name, value, kind, errors.New(cause)))
	}
	return err
}

// wrongValue takes apart what package flag says of a value.
func wrongValue(text string) (value, name, cause string, ok bool) {
	for _, form := range []string{"invalid value %q for flag -%s", "invalid boolean value %q for -%s"} {
		if n, err := fmt.Sscanf(text, form, &value, &name); err == nil && n == 2 {
			_, cause, _ = strings.Cut(text, "-"+name+" ")
			return value, strings.TrimSuffix(name, ":"), cause, true
		}
	}
	return "", "", "", false
}

// dashed is a flag as people write it.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// Begin parses the command line of a small program, which takes n arguments that are
// called as args says. done tells to exit with code at once: after help, or after a
// mistake, which was printed.
func Begin(f *flag.FlagSet, arguments []string, args string, n int, stdout, stderr io.Writer) (code int, done bool) {
	err := Parse(f, arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, "usage: %s\n\n", strings.TrimSpace(f.Name()+" [OPTION…] "+args))
		f.SetOutput(stdout)
		f.PrintDefaults()
		return 0, true
	case err == nil && f.NArg() == n:
		return 0, false
	case err == nil && f.NArg() < n:
		err = fmt.Errorf("%s is missing", args)
	case err == nil:
		err = fmt.Errorf("unexpected argument %q", f.Arg(n))
	}
	fmt.Fprintf(stderr, "%s: %v\nsee %s --help\n", f.Name(), err, f.Name())
	return exitUsage, true
}
