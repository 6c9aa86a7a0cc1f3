// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/present"
)

func sorted(hosts []rollout.Host) []rollout.Host {
	slices.SortFunc(hosts, func(a, b rollout.Host) int { return cmp.Compare(a.ID, b.ID) })
	return hosts
}

// hostLine is a host as hosts prints it as JSON.
type hostLine struct {
	rollout.Host
	Alive bool `json:"alive"`
}

// noHosts is said where there is none.
const noHosts = "no host has reported yet; kres-fleet.service has to run on the hosts, and to reach the store"

func (a *app) hostsCommand() *cobra.Command {
	var states []string
	cmd := &cobra.Command{
		Use: "hosts [HOST…]", Short: "list hosts: state, release, since, reason, local edits",
		Long: `List hosts, all or some: whether they are there, the state in the rollout, the
release that they keep, since when by their own clocks, and the reason. Keys that
were edited locally are named.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, s := range states {
				if !slices.Contains(rollout.States, rollout.State(s)) {
					return usage(cmd, "there is no state %q", s)
				}
			}
			return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
				_, hosts, err := leader.Hosts(ctx, st)
				if err != nil {
					return asked(err)
				}
				all := []hostLine{}
				unknown := slices.Clone(args)
				for _, h := range sorted(hosts) {
					unknown = slices.DeleteFunc(unknown, func(name string) bool { return name == h.ID })
					if (len(args) == 0 || slices.Contains(args, h.ID)) && (len(states) == 0 || slices.Contains(states, string(h.State))) {
						all = append(all, hostLine{h, h.Alive})
					}
				}
				if len(unknown) > 0 {
					return fmt.Errorf("there is no host %q; kres-fleet hosts lists them", unknown[0])
				}
				return a.print(all, func(w io.Writer) error { return layHosts(w, all, len(hosts)) })
			})
		},
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only hosts in a `STATE`, as failed,drifted")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	_ = cmd.RegisterFlagCompletionFunc("state", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var words []string
		for _, s := range rollout.States {
			words = append(words, string(s))
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	})
	cmd.AddCommand(&cobra.Command{
		Use: "forget HOST", Short: "remove a host that is gone for good", Args: args(1, 1, "HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.one(cmd, args[0], "is forgotten", func(alive, _ store.Value) ([]store.Condition, []store.Change, error) {
				if alive.Revision != 0 {
					return nil, nil, fmt.Errorf("host %s is there; stop its agent first", args[0])
				}
				return []store.Condition{{Key: store.Alive + args[0]}}, []store.Change{{Key: store.Hosts + args[0], Delete: true}, {Key: store.Holds + args[0], Delete: true}}, nil
			})
		},
	})
	return cmd
}

// layHosts lays hosts out, each reason below its host.
func layHosts(w io.Writer, all []hostLine, of int) error {
	if len(all) == 0 {
		text := noHosts
		if of > 0 {
			text = "no host is in such a state"
		}
		_, err := fmt.Fprintln(w, text)
		return err
	}
	var table strings.Builder
	t := present.NewTable(&table)
	t.Row("HOST", "THERE", "STATE", "RELEASE", "SINCE")
	for _, h := range all {
		there := "no"
		if h.Alive {
			there = "yes"
		}
		t.Row(h.ID, there, string(h.State), release.Short(h.Release), h.Since)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, line := range lines(table.String()) {
		fmt.Fprintln(w, line)
		if i == 0 {
			continue
		}
		h := all[i-1]
		if h.Reason != "" {
			fmt.Fprintln(w, wrapped("    ", h.Reason))
		}
		if len(h.Drift) > 0 && h.State != rollout.Drifted {
			fmt.Fprintln(w, wrapped("    ", "edited locally: "+strings.Join(h.Drift, ", ")))
		}
	}
	return nil
}
