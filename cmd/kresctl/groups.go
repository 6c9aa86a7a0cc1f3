// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

// Groups of commands in the help, by what an operator is about to do.
const (
	groupLook    = "look"
	groupChange  = "change"
	groupBack    = "back"
	groupFiles   = "files"
	groupService = "service"
)

// groups are the commands of each, in the order of the help.
var groups = []struct {
	id, title string
	commands  []string
}{
	{groupLook, "Look:", []string{"status", "units", "history", "events", "logs", "plan", "diff", "metrics", "top", "upstreams", "query", "trace", "pids", "check", "doctor", "ui", "version"}},
	{groupChange, "Change:", []string{"config", "apply", "edit", "cache", "reload", "renew"}},
	{groupBack, "Go back:", []string{"rollback", "confirm", "cancel"}},
	{groupFiles, "Files:", []string{"validate", "convert", "migrate", "schema", "token"}},
	{groupService, "Service:", []string{"restart", "stop", "debug", "completion", "help"}},
}

// group sorts the commands into the groups of the help.
func group(root *cobra.Command) {
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, name := range g.commands {
			for _, cmd := range root.Commands() {
				if cmd.Name() == name {
					cmd.GroupID = g.id
				}
			}
		}
	}
	root.SetHelpCommandGroupID(groupService)
}
