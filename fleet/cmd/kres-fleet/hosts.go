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

func (a *app) hostsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "hosts", Short: "list hosts: state, release, reason, since",
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
				_, hosts, err := leader.Hosts(ctx, st)
				if err != nil {
					return asked(err)
				}
				all := []hostLine{}
				for _, h := range sorted(hosts) {
					all = append(all, hostLine{h, h.Alive})
				}
				return a.print(all, func(w io.Writer) error {
					t := present.NewTable(w)
					t.Row("HOST", "THERE", "STATE", "RELEASE", "SINCE", "REASON")
					for _, h := range all {
						there := "no"
						if h.Alive {
							there = "yes"
						}
						reason := h.Reason
						if len(h.Drift) > 0 && h.State != rollout.Drifted {
							reason = strings.TrimSpace(reason + " edited locally: " + strings.Join(h.Drift, ", "))
						}
						t.Row(h.ID, there, string(h.State), release.Short(h.Release), h.Since, reason)
					}
					return t.Flush()
				})
			})
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use: "forget HOST", Short: "remove a host that is gone for good", Args: args(1, 1, "HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.one(cmd, args[0], "is forgotten", func(alive store.Value) ([]store.Condition, []store.Change, error) {
				if alive.Revision != 0 {
					return nil, nil, fmt.Errorf("host %s is there; stop its agent first", args[0])
				}
				return []store.Condition{{Key: store.Alive + args[0]}}, []store.Change{{Key: store.Hosts + args[0], Delete: true}, {Key: store.Holds + args[0], Delete: true}}, nil
			})
		},
	})
	return cmd
}

// one changes what the store has of a host that it knows.
func (a *app) one(cmd *cobra.Command, host, done string, do func(alive store.Value) ([]store.Condition, []store.Change, error)) error {
	return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
		known, err := st.Read(ctx, store.Hosts+host)
		if err != nil {
			return asked(err)
		}
		if len(known.Values) == 0 {
			return fmt.Errorf("there is no host %q; kres-fleet hosts lists them", host)
		}
		alive, err := st.Read(ctx, store.Alive+host)
		if err != nil {
			return asked(err)
		}
		v, _ := alive.Get(store.Alive + host)
		conditions, changes, err := do(v)
		if err != nil {
			return err
		}
		_, held, err := st.Commit(ctx, conditions, changes)
		if err != nil {
			return asked(err)
		}
		if !held {
			return fmt.Errorf("host %s has changed meanwhile; try again", host)
		}
		return a.print(map[string]string{"host": host}, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "host %s %s\n", host, done)
			return err
		})
	})
}

func (a *app) holdCommand() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "hold HOST", Short: "keep a host as it is, out of rollouts", Args: args(1, 1, "HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.one(cmd, args[0], "is held", func(store.Value) ([]store.Condition, []store.Change, error) {
				return nil, []store.Change{{Key: store.Holds + args[0], Data: []byte(who() + suffix(why))}}, nil
			})
		},
	}
	cmd.Flags().StringVarP(&why, "message", "m", "", "why")
	return cmd
}

func (a *app) releaseHoldCommand() *cobra.Command {
	return &cobra.Command{
		Use: "release-hold HOST", Short: "let a held host take part again", Args: args(1, 1, "HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.one(cmd, args[0], "takes part again", func(store.Value) ([]store.Condition, []store.Change, error) {
				return nil, []store.Change{{Key: store.Holds + args[0], Delete: true}}, nil
			})
		},
	}
}
