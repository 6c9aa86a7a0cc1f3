// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/rollout"
)

func (a *app) rolloutResume() *cobra.Command {
	var failed, missing string
	var accept, noGate bool
	cmd := &cobra.Command{
		Use: "resume", Short: "go on with a paused rollout",
		Long: `Go on with a paused rollout. What it was paused for pauses it again unless that
is gone, or a flag says that it does not matter any more.`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.change(cmd, func(r *rollout.Record) error {
				if r.Phase != rollout.Paused {
					return fmt.Errorf("rollout %d is %s, not paused", r.ID, r.Phase)
				}
				r.Phase, r.Resume, r.Reason = r.Resume, "", ""
				if failed != "" {
					r.Policy.MaxFailed = rollout.Amount(failed)
				}
				if missing != "" {
					r.Policy.MaxMissing = rollout.Amount(missing)
				}
				if noGate {
					r.Policy.Gate = ""
				}
				if accept {
					r.Policy.OnInconclusive = rollout.InconclusivePasses
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&failed, "max-failed", "", "another limit from now on, `N` or N%")
	cmd.Flags().StringVar(&missing, "max-missing", "", "another limit from now on, `N` or N%")
	cmd.Flags().BoolVar(&noGate, "no-gate", false, "ask the gate of the policy no more")
	cmd.Flags().BoolVar(&accept, "accept-inconclusive", false, "let probes alone decide where there is no data")
	return cmd
}
