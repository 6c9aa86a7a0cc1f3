// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
)

func (a *app) renewCommand() *cobra.Command {
	cmd := a.againCommand("renew", "apply the running configuration once more",
		`Apply the running configuration once more: start what has stopped, load the
rules and have the workers read their certificate, whether files changed or not.`,
		(*client.Client).Renew, false)
	cmd.Example = "  kresctl renew --dry-run"
	return cmd
}
