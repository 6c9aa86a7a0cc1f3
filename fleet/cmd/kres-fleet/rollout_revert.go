// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/rollout"
)

func (a *app) rolloutRevert() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "revert", Short: "take all hosts back to what they had",
		Long: `Take all hosts back to the release that they had before, without a canary host and
soak, and still not more at a time than the policy allows.`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.change(cmd, func(r *rollout.Record) error {
				if r.Phase == rollout.Reverting || r.Phase == rollout.Reverted {
					return fmt.Errorf("rollout %d is %s already", r.ID, r.Phase)
				}
				r.Phase, r.Resume, r.Reason = rollout.Reverting, "", "by "+who()+suffix(why)
				return nil
			})
		},
	}
	message(cmd, &why, "why")
	return cmd
}
