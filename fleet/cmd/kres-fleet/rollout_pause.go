// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/rollout"
)

func (a *app) rolloutPause() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "pause", Short: "let no further host start", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.change(cmd, func(r *rollout.Record) error {
				if r.Phase.Ended() || r.Phase == rollout.Paused {
					return fmt.Errorf("rollout %d is %s already", r.ID, r.Phase)
				}
				r.Pause("by " + who() + suffix(why))
				return nil
			})
		},
	}
	message(cmd, &why, "why")
	return cmd
}
