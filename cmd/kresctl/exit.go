// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/present"
)

// Exit statuses. They are the same for all commands, and stay what they are: scripts
// decide by them. docs/kresctl.md says what they mean.
const (
	exitFailed       = program.ExitFailed
	exitUsage        = program.ExitUsage
	exitDegraded     = 3 // of status only
	exitUnreachable  = 4 // no manager answers
	exitDenied       = 5 // by the manager, or by the permissions of its socket
	exitPrecondition = 6 // of --if-match
)

// troubleError is why a command cannot say whether something differs, of those whose
// exit status says that: 0 nothing differs, 1 something does, 2 trouble, as of diff(1).
type troubleError struct{ error }

func (e *troubleError) Unwrap() error { return e.error }

// trouble is an error of such a command.
func trouble(err error) error {
	var silent statusError
	if err == nil || errors.As(err, &silent) {
		return err
	}
	return &troubleError{err}
}

// statusOf is the exit status for an error.
func statusOf(err error) int {
	var wrong *program.UsageError
	var refused *client.Error
	switch {
	case errors.As(err, &wrong), errors.As(err, new(*troubleError)):
		return exitUsage
	case errors.As(err, &refused) && refused.Denied(), client.NotPermitted(err):
		return exitDenied
	case errors.As(err, &refused) && refused.Unmet():
		return exitPrecondition
	case client.Unreachable(err):
		return exitUnreachable
	default:
		return exitFailed
	}
}

// usage is the error of a command line that makes no sense.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return program.Usage(cmd, format, args...)
}

// statusError ends the program with a status, without a word.
type statusError = program.Status

// exitStatus prints an error, if there is one to print, and gives the exit
// status for it.
func (a *app) exitStatus(err error) int {
	if err == nil {
		return 0
	}
	var silent statusError
	if errors.As(err, &silent) {
		return int(silent)
	}
	var refused *client.Error
	switch {
	case a.json && errors.As(err, &refused):
		_ = present.JSON(a.stderr, refused.Problem)
	case a.verbose && errors.As(err, &refused):
		fmt.Fprintf(a.stderr, "kresctl: %s\n", strings.TrimSpace(refused.Problem.Verbose()))
	default:
		fmt.Fprintf(a.stderr, "kresctl: %v\n", err)
	}
	return statusOf(err)
}

// Counts of arguments. Unlike those of cobra, the errors are usage errors.

func noArgs(cmd *cobra.Command, args []string) error { return atMost(0)(cmd, args) }

func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usage(cmd, "unexpected argument %q", args[n])
		}
		return nil
	}
}
