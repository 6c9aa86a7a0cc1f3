// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/present"
)

func (a *app) rolloutHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history", Short: "list rollouts, newest first", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
				past, err := st.Read(ctx, store.History)
				if err != nil {
					return asked(err)
				}
				now, err := st.Read(ctx, store.Rollout)
				if err != nil {
					return asked(err)
				}
				all := []rollout.Record{}
				for _, v := range append(past.Values, now.Values...) {
					if r, err := rollout.Parse(v.Data); err == nil {
						all = append(all, r)
					}
				}
				slices.Reverse(all)
				return a.print(all, func(w io.Writer) error {
					if len(all) == 0 {
						_, err := fmt.Fprintln(w, "no rollout has begun yet")
						return err
					}
					t := present.NewTable(w)
					t.Row("ROLLOUT", "RELEASE", "SEQUENCE", "PHASE", "BY", "WHY")
					for _, r := range all {
						t.Row(fmt.Sprint(r.ID), release.Short(r.Release), fmt.Sprint(r.Sequence), string(r.Phase), r.By, strings.TrimPrefix(r.Why+suffix(r.Reason), ": "))
					}
					return t.Flush()
				})
			})
		},
	}
}
