// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
	"kresd-manager/units"
)

func (a *app) versionCommand() *cobra.Command {
	var mine bool
	cmd := &cobra.Command{
		Use:   "version [--client] [--json]",
		Short: "print the versions of what runs",
		Long: `Print the versions of kresctl, the manager, systemd, and kresd in each worker. A
worker keeps its program until it restarts, so several versions may run after an
upgrade. --client prints the version of kresctl and asks no manager.`,
		Example: `  kresctl version
  kresctl version --client`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			type all struct {
				Client string `json:"kresctl"`
				*units.Versions
			}
			if mine {
				if a.json {
					return present.JSON(a.stdout, all{Client: version})
				}
				_, err := a.stdout.Write([]byte(version + "\n"))
				return err
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				v, err := c.Versions(ctx)
				if err != nil {
					return err
				}
				if a.json {
					return present.JSON(a.stdout, all{version, &v})
				}
				return present.Versions(a.stdout, version, v)
			})
		},
	}
	cmd.Flags().BoolVar(&mine, "client", false, "of kresctl only")
	hasJSON(cmd)
	return cmd
}
