// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/doctor"
	"kresd-manager/internal/present"
	"kresd-manager/internal/source"
)

func (a *app) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor [--json]",
		Short: "find what is wrong with the installation",
		Long: `Find what is wrong with the installation, why it matters, and how to fix it: the
stock service, polkit, owners, unit files, the configuration and the files that
it names, rules that are degraded, ports, versions, cgroup controllers, the
clock, the journal. No manager is needed and nothing is changed. Run it as root:
it lists what other users cannot see.

Exit status: 0 nothing is wrong, 1 something is.`,
		Example: `  sudo kresctl doctor
  kresctl doctor --json | jq '.findings[].fix'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(a.configs) > 1 {
				return usage(cmd, "kresctl doctor looks at one configuration file, not at several")
			}
			file := a.configFiles(nil)[0]
			host, err := source.Host(file)
			if err != nil {
				return err
			}
			r := doctor.Examine(cmd.Context(), doctor.Host{Config: file, Model: host, Reinstall: doctor.Reinstall()})
			if a.json {
				err = present.JSON(a.stdout, r)
			} else {
				err = present.Doctor(a.stdout, r)
			}
			if err == nil && len(r.Findings) > 0 {
				err = statusError(exitFailed)
			}
			return err
		},
	}
	hasJSON(cmd)
	return cmd
}
