// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
)

func (a *app) reloadCommand() *cobra.Command {
	return a.againCommand("reload", "read the configuration file again and apply it",
		`Read the configuration file again and apply it. Changes made with config set
are dropped. Files that it names, as certificates, lists and scripts, are taken
over by those who read them if they have changed. If the file is not usable, or
a worker refuses it, nothing changes and the command fails.`,
		(*client.Client).Reload, true)
}
