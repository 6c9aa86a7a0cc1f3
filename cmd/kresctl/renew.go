// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
)

func (a *app) renewCommand() *cobra.Command {
	return a.againCommand("renew", "apply the running configuration once more",
		`Apply the running configuration once more: bring back what stopped, and take
over files that the configuration only names, as they are.`,
		(*client.Client).Renew, false)
}
