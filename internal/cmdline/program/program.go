// SPDX-License-Identifier: Apache-2.0

// Package program has what the programs with commands have in common: how they begin, and
// what they answer to a mistake on the command line.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kresd-manager/internal/cmdline"
	"kresd-manager/internal/config"
	"kresd-manager/internal/visible"
)

// Main carries out the command line of this process and exits with the status that run
// returns. SIGINT and SIGTERM end the context.
func Main(run func(ctx context.Context, args []string, stdin io.Reader, stdout, stderr *visible.Writer) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, visible.NewWriter(os.Stdout), visible.NewWriter(os.Stderr))
	stop()
	os.Exit(code)
}

// Begin prepares the commands of a program for arguments.
func Begin(root *cobra.Command, args []string) {
	root.SetArgs(args)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Short = "print the help of a command"
	}
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		plain(root)
	}
}

// noCommand says that a command that only groups others needs one of them, or has none that is
// called so.
func noCommand(cmd *cobra.Command, args []string) string {
	if len(args) == 0 {
		return "a command is missing"
	}
	if near := nearest(cmd, args[0]); near != "" {
		return fmt.Sprintf("there is no command %q; did you mean %q?", args[0], near)
	}
	return fmt.Sprintf("there is no command %q", args[0])
}

// nearest is the command that may be meant, as it is typed after that of which it
// would be one; "" if none is close. What is a command of a group counts, too: for get
// that is config get.
func nearest(cmd *cobra.Command, typed string) string {
	paths := make(map[string]string) // by words that mean it
	var add func(*cobra.Command)
	add = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.Hidden {
				continue
			}
			path := strings.TrimPrefix(sub.CommandPath(), cmd.CommandPath()+" ")
			for _, word := range append([]string{path, sub.Name()}, sub.SuggestFor...) {
				if _, there := paths[word]; !there || word == path {
					paths[word] = path
				}
			}
			add(sub)
		}
	}
	add(cmd)
	if path := paths[typed]; path != "" {
		return path
	}
	words := slices.Sorted(maps.Keys(paths))
	own := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return paths[word] != word || strings.Contains(word, " ") })
	if near := config.Nearest(typed, own); near != "" { // before those of its groups
		return near
	}
	return paths[config.Nearest(typed, words)]
}

// wrongFlag says what is wrong with a flag, by the error of the library.
func wrongFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var wrong *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return noFlag(cmd, unknown)
	case errors.As(err, &missing):
		what, _ := pflag.UnquoteUsage(missing.GetFlag())
		return cmdline.NoValue(missing.GetFlag().Name, what)
	case errors.As(err, &wrong):
		flag := wrong.GetFlag()
		return cmdline.WrongValue(flag.Name, wrong.GetValue(), flag.Value.Type(), wrong.Unwrap())
	}
	return err.Error()
}

// noFlag says that a command has no such flag. Where the library saw several short ones,
// as in -json, a long one may be meant.
func noFlag(cmd *cobra.Command, err *pflag.NotExistError) string {
	typed := "--" + err.GetSpecifiedName()
	if group := err.GetSpecifiedShortnames(); group != "" {
		typed = "-" + err.GetSpecifiedName()
		if word, _, _ := strings.Cut(group, "="); len(word) > 1 && cmd.Flags().Lookup(word) != nil {
			typed = "-" + word
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})
	return cmdline.NoFlag(typed, names)
}

// plain takes the marks out of the help of flags, with which the library finds the name of
// a value: shells would show them.
func plain(cmd *cobra.Command) {
	for _, flags := range []*pflag.FlagSet{cmd.LocalNonPersistentFlags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(flag *pflag.Flag) {
			flag.Usage, _, _ = strings.Cut(strings.ReplaceAll(flag.Usage, "`", ""), "\n")
		})
	}
	for _, sub := range cmd.Commands() {
		plain(sub)
	}
}
