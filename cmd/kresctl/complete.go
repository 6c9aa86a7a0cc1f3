// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kresd-manager/internal/client"
	"kresd-manager/internal/visible"
)

// completionTime is how long a shell waits for what the manager knows.
const completionTime = time.Second

// words are the values of flags that take one of some words.
var words = map[string][]string{
	"color": {"auto", "always", "never"}, "format": {"text", "json"},
	"from": {"yaml", "json", "toml"}, "to": {"yaml", "json", "toml"}, "type": {"worker", "policy-loader"},
	"rr-type": {"A", "AAAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NS", "PTR", "SOA", "SRV", "TXT"},
}

// arguments complete what commands take besides flags, by their paths.
func (a *app) arguments() map[string]cobra.CompletionFunc {
	return map[string]cobra.CompletionFunc{
		"kresctl rollback": once(a.completeChanges), "kresctl history": once(a.completeChanges), "kresctl cancel": once(a.completeChanges),
		"kresctl logs": a.completeUnits, "kresctl restart": a.completeUnits,
	}
}

// complete adds what shells complete, to a command and all below it.
func (a *app) complete(cmd *cobra.Command) {
	if f := a.arguments()[cmd.CommandPath()]; f != nil && cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 {
		cmd.ValidArgsFunction = f
	}
	for _, flags := range []*pflag.FlagSet{cmd.LocalNonPersistentFlags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(flag *pflag.Flag) {
			if w := words[flag.Name]; w != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag.Name, cobra.FixedCompletions(w, cobra.ShellCompDirectiveNoFileComp)) // it may have one
			}
		})
	}
	for _, sub := range cmd.Commands() {
		a.complete(sub)
	}
}

// once completes the first argument only.
func once(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, typed)
	}
}

// completeChanges offers the numbers of changes, newest first, with what they were.
func (a *app) completeChanges(cmd *cobra.Command, _ []string, typed string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	a.known(cmd, func(ctx context.Context, c *client.Client) error {
		h, err := c.History(ctx)
		for _, e := range h.Entries {
			if number := strconv.Itoa(e.ID); strings.HasPrefix(number, typed) {
				offers = append(offers, cobra.CompletionWithDesc(number, visible.Line(e.Cause+", by "+e.Who.String())))
			}
		}
		return err
	})
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completeUnits offers the units that there are.
func (a *app) completeUnits(cmd *cobra.Command, args []string, typed string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	a.known(cmd, func(ctx context.Context, c *client.Client) error {
		s, err := c.Status(ctx)
		for _, u := range s.Units {
			name := strings.TrimSuffix(u.Unit, ".service")
			if strings.HasPrefix(name, typed) && !slices.Contains(args, name) {
				offers = append(offers, cobra.CompletionWithDesc(name, visible.Line(string(u.Role)+", "+u.Active)))
			}
		}
		return err
	})
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// known asks the manager for what a shell completes. Without one nothing is offered: a
// message would get into the line that is typed.
func (a *app) known(cmd *cobra.Command, ask func(context.Context, *client.Client) error) {
	ctx, stop := context.WithTimeout(cmd.Context(), completionTime)
	defer stop()
	if c, err := a.connect(); err == nil {
		_ = ask(ctx, c)
		c.Close()
	}
}
