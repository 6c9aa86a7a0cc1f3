// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/present"
	"kresd-manager/internal/visible"
)

// Exit statuses: those of kresctl.
const (
	exitFailed      = program.ExitFailed
	exitUsage       = program.ExitUsage
	exitDegraded    = 3 // of rollout status only: it is paused, or goes back
	exitUnreachable = 4 // the store does not answer
	exitDenied      = 5 // by the permissions of a file
)

// app is what the commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr *visible.Writer
	settings       string // -c
	json           bool
}

// usage is the error of a command line that makes no sense.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return program.Usage(cmd, format, args...)
}

// unreachableError is a store that does not answer.
type unreachableError struct{ error }

func (e *unreachableError) Unwrap() error { return e.error }

// statusError is an exit status of which all has been said.
type statusError = program.Status

func (a *app) exitStatus(err error) int {
	var wrong *program.UsageError
	var away *unreachableError
	var silent statusError
	if err == nil {
		return 0
	}
	if errors.As(err, &silent) {
		return int(silent)
	}
	fmt.Fprintf(a.stderr, "kres-fleet: %v\n", err)
	switch {
	case errors.As(err, &wrong):
		return exitUsage
	case errors.As(err, &away):
		return exitUnreachable
	case errors.Is(err, fs.ErrPermission):
		return exitDenied
	}
	return exitFailed
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kres-fleet",
		Short: "roll one configuration over many resolvers",
		Long: `kres-fleet rolls one signed configuration over many hosts that run
kresd-manager: a dry run on all of them, then one canary host, then the others
within a budget, each with a trial of its own; and back by itself.

Exit status, of all commands alike: 0 done; 1 failed or refused; 2 wrong usage;
3 paused or going back (rollout status only); 4 the store cannot be asked;
5 not permitted.`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          program.NeedsCommand,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetVersionTemplate("kres-fleet {{.Version}}\n")
	root.PersistentFlags().StringVarP(&a.settings, "config", "c", settings.Default, "settings `FILE`: where the fleet is")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print as JSON, with all that is known")
	root.SetFlagErrorFunc(program.FlagError)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(a.agentCommand(), a.releaseCommand(), a.rolloutCommand(), a.hostsCommand(), a.holdCommand(), a.releaseHoldCommand(),
		a.lockCommand(), a.rollCommand(), a.rankCommand(), a.serveCommand(), a.doctorCommand())
	return root
}

// args is how many arguments a command takes.
func args(least, most int, names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage(cmd, "%s is missing", names)
		case most >= 0 && len(args) > most:
			return usage(cmd, "unexpected argument %q", args[most])
		}
		return nil
	}
}

// with has something done with the store.
func (a *app) with(cmd *cobra.Command, do func(context.Context, settings.Settings, store.Store) error) error {
	s, err := settings.Read(a.settings)
	if err != nil {
		return err
	}
	open, err := s.Open(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = open.Close() }() // what was to be done is done
	return do(cmd.Context(), s, open)
}

// asked tells an error of the store from others.
func asked(err error) error {
	if err == nil || errors.Is(err, store.ErrReadOnly) {
		return err
	}
	return &unreachableError{err}
}

// print prints a value as JSON, or has it laid out.
func (a *app) print(v any, lay func(w io.Writer) error) error {
	if a.json {
		return present.JSON(a.stdout, v)
	}
	return lay(a.stdout)
}

// who is who runs the command, for the record.
func who() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// lines are a text's, without the last line feed.
func lines(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// message is what people say of what they do.
func message(cmd *cobra.Command, text *string, what string) {
	cmd.Flags().StringVarP(text, "message", "m", "", what+", a `TEXT`")
}

// width is that of a screen.
const width = 80

// wrapped is a text in lines that fit on a screen, of which the first begins with a text
// and the others with as many blanks. Words that are longer stay whole.
func wrapped(begin, text string) string {
	var b strings.Builder
	b.WriteString(begin)
	at := utf8.RuneCountInString(begin)
	indent := strings.Repeat(" ", at)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i > 0 && at+1+n > width:
			b.WriteString("\n" + indent)
			at = len(indent)
		case i > 0:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}
