// SPDX-License-Identifier: Apache-2.0

package program

import (
	"fmt"

	"github.com/spf13/cobra"
)

// Exit statuses that all our programs with commands have.
const (
	ExitFailed = 1
	ExitUsage  = 2
)

// UsageError is a command line that makes no sense. Programs end with [ExitUsage] then.
type UsageError struct {
	Command string // path of the command whose help tells more
	Message string
}

func (e *UsageError) Error() string {
	return fmt.Sprintf("%s\nsee %s --help", e.Message, e.Command)
}

// Usage is a *[UsageError] of a command.
func Usage(cmd *cobra.Command, format string, args ...any) error {
	return &UsageError{cmd.CommandPath(), fmt.Sprintf(format, args...)}
}

// NeedsCommand is run in place of a command that only groups others. It always fails.
func NeedsCommand(cmd *cobra.Command, args []string) error {
	return Usage(cmd, "%s", noCommand(cmd, args))
}

// FlagError is the error of the library about a flag as a *[UsageError].
func FlagError(cmd *cobra.Command, err error) error {
	return Usage(cmd, "%s", wrongFlag(cmd, err))
}

// Status ends a program with an exit status, of which all has been said.
type Status int

func (s Status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }
