// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/cmdline/program"
)

func (a *app) rolloutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rollout", Short: "begin, watch and stop rollouts",
		Args: cobra.ArbitraryArgs, RunE: program.NeedsCommand,
	}
	cmd.AddCommand(a.rolloutStart(), a.rolloutStatus(), a.rolloutPause(), a.rolloutResume(), a.rolloutRevert(), a.rolloutHistory())
	return cmd
}

// change has a record changed by a person, who may be faster than the leader or not.
func (a *app) change(cmd *cobra.Command, do func(*rollout.Record) error) error {
	return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
		for range 10 {
			snap, err := st.Read(ctx, store.Rollout)
			if err != nil {
				return asked(err)
			}
			v, there := snap.Get(store.Rollout)
			if !there {
				return errors.New("no rollout has begun yet")
			}
			r, err := rollout.Parse(v.Data)
			if err != nil {
				return err
			}
			was := r.Phase
			if err := do(&r); err != nil {
				return err
			}
			r.Version++
			r.Threshold = nil // the leader sets them anew
			if _, err := rollout.Parse(r.Text()); err != nil {
				return err
			}
			_, held, err := st.Commit(ctx, []store.Condition{{Key: store.Rollout, Revision: v.Revision}}, []store.Change{{Key: store.Rollout, Data: r.Text()}})
			if err != nil {
				return asked(err)
			}
			if held {
				return a.print(r, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "rollout %d was %s and is %s\n", r.ID, was, r.Phase)
					return err
				})
			}
		}
		return errors.New("the record changes faster than this command; try again")
	})
}

func suffix(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
