// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/store"
)

func (a *app) releaseHoldCommand() *cobra.Command {
	return &cobra.Command{
		Use: "release-hold HOST", Short: "let a held host take part again", Args: args(1, 1, "HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.one(cmd, args[0], "takes part again", func(_, hold store.Value) ([]store.Condition, []store.Change, error) {
				if hold.Revision == 0 {
					return nil, nil, fmt.Errorf("host %s is not held", args[0])
				}
				return nil, []store.Change{{Key: store.Holds + args[0], Delete: true}}, nil
			})
		},
	}
}
