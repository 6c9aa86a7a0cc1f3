// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"kresd-manager/internal/judge"
	"kresd-manager/internal/render"
)

// ticketSecret is where the manager keeps the secret that workers share.
const ticketSecret = "/run/kresd-manager/tls-ticket-secret"

// convertToLua prints what the manager would write for a process.
func (a *app) convertToLua(cmd *cobra.Command, files []string, process string, inspect func(*judge.Verdict)) ([]byte, error) {
	if process != "" && process != "worker" && process != "policy-loader" {
		return nil, usage(cmd, "--type must be worker or policy-loader, not %q", process)
	}
	v := judge.Configuration(&a.files, files)
	inspect(&v)
	if err := a.settle(&v); err != nil {
		return nil, err
	}
	if process == "policy-loader" {
		lua, _ := render.PolicyLoader(v.Config)
		return []byte(lua), nil
	}
	lua, _ := render.Worker(v.Config, render.Host{CPUs: runtime.NumCPU(), TicketSecret: ticketSecret})
	return []byte(lua), nil
}
