// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
)

// status is what rollout status prints as JSON.
type status struct {
	Rollout *rollout.Record `json:"rollout"`
	Leader  string          `json:"leader,omitempty"`
	Census  rollout.Census  `json:"hosts"`
	Why     []string        `json:"why"`
}

func (a *app) rolloutStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "show where the rollout stands, and why nothing moves",
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
				r, hosts, err := leader.Hosts(ctx, st)
				if err != nil {
					return asked(err)
				}
				now := status{Rollout: r}
				snap, err := st.Read(ctx, store.Leader)
				if err != nil {
					return asked(err)
				}
				if v, ok := snap.Get(store.Leader); ok {
					now.Leader = string(v.Data[:min(len(v.Data), 64)])
				}
				if r != nil {
					now.Census, now.Why = rollout.Count(*r, hosts), rollout.Why(*r, hosts, nil)
				}
				if now.Leader == "" && !st.ReadOnly() {
					now.Why = append(now.Why, "no host leads: an agent with lead = true has to run, and to reach the store")
				}
				if err := a.print(now, func(w io.Writer) error { return layStatus(w, now) }); err != nil {
					return err
				}
				if r != nil && (r.Phase == rollout.Paused || r.Phase == rollout.Reverting || r.Phase == rollout.Reverted) {
					return statusError(exitDegraded)
				}
				return nil
			})
		},
	}
}

func layStatus(w io.Writer, s status) error {
	if s.Rollout == nil {
		fmt.Fprintln(w, "no rollout has begun yet")
	} else {
		r, c := s.Rollout, s.Census
		fmt.Fprintln(w, wrapped("", fmt.Sprintf("rollout %d: %s, release %s (sequence %d), by %s%s",
			r.ID, r.Phase, release.Short(r.Release), r.Sequence, r.By, suffix(r.Why))))
		fmt.Fprintf(w, "%d of %d hosts have it; %d in flight, %d ready, %d failed, %d away, %d held\n", c.On, c.Hosts, c.InFlight, c.Ready, c.Failed, c.Missing, c.Held)
	}
	if s.Leader != "" {
		fmt.Fprintf(w, "%s leads\n", s.Leader)
	}
	for _, line := range s.Why {
		if _, err := fmt.Fprintln(w, wrapped("- ", line)); err != nil {
			return err
		}
	}
	return nil
}
