// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

// commandGroup is a group of commands in the help.
type commandGroup struct {
	id, title string
	commands  []*cobra.Command
}

// groupService is the group that the command help is in.
const groupService = "service"

// groups are all commands, by what an operator is about to do, in the order of the help:
// groups as they stand here, and the commands of each by name.
func (a *app) groups() []commandGroup {
	return []commandGroup{
		{"look", "Look:", []*cobra.Command{
			a.checkCommand(),
			a.diffCommand(),
			a.doctorCommand(),
			a.eventsCommand(),
			a.historyCommand(),
			a.logsCommand(),
			a.metricsCommand(),
			a.pidsCommand(),
			a.planCommand(),
			a.queryCommand(),
			a.statusCommand(),
			a.topCommand(),
			a.traceCommand(),
			a.uiCommand(),
			a.unitsCommand(),
			a.upstreamsCommand(),
			a.versionCommand(),
		}},
		{"change", "Change:", []*cobra.Command{
			a.applyCommand(),
			a.cacheCommand(),
			a.configCommand(),
			a.editCommand(),
			a.reloadCommand(),
			a.renewCommand(),
		}},
		{"back", "Go back:", []*cobra.Command{
			a.cancelCommand(),
			a.confirmCommand(),
			a.rollbackCommand(),
		}},
		{"files", "Files:", []*cobra.Command{
			a.convertCommand(),
			a.migrateCommand(),
			a.schemaCommand(),
			a.tokenCommand(),
			a.validateCommand(),
		}},
		{groupService, "Service:", []*cobra.Command{
			a.completionCommand(),
			a.debugCommand(),
			a.restartCommand(),
			a.stopCommand(),
		}},
	}
}

// addTo adds a group with its commands to the help.
func (g commandGroup) addTo(root *cobra.Command) {
	root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
	for _, cmd := range g.commands {
		cmd.GroupID = g.id
		root.AddCommand(cmd)
	}
}
