// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
)

func (a *app) reloadCommand() *cobra.Command {
	cmd := a.againCommand("reload", "read the configuration file again and apply it",
		`Read the configuration file again and apply it. If the file cannot be used, or a
worker refuses it, nothing changes and the command fails.

Unsaved changes made with kresctl config set are dropped. Certificates, lists
and scripts that the configuration names are read again if they changed.`,
		(*client.Client).Reload, true)
	cmd.Example = `  kresctl reload --dry-run
  kresctl reload --confirm-within 5m -m 'new forwarders'`
	return cmd
}
