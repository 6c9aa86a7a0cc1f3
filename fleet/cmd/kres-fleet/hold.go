// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/fleet/store"
)

func (a *app) holdCommand() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "hold HOST", Short: "keep a host as it is, out of rollouts", Args: args(1, 1, "HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.one(cmd, args[0], "is held", func(_, _ store.Value) ([]store.Condition, []store.Change, error) {
				return nil, []store.Change{{Key: store.Holds + args[0], Data: []byte(who() + suffix(why))}}, nil
			})
		},
	}
	message(cmd, &why, "why")
	return cmd
}
