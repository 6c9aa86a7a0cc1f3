// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"os"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/present"
)

func (a *app) uiCommand() *cobra.Command {
	var local bool
	cmd := &cobra.Command{
		Use:   "ui [--local] [--json]",
		Short: "print where the pages for browsers are",
		Long: `Print the address of the pages for browsers, with a link that logs in once, as
who you are to the manager: by the unix socket, or by your token. The link works
for two minutes. Its code is behind #, which browsers send to no server.

Without management.interface the manager has no address. Its pages are on the
unix socket then: ssh carries it to a browser elsewhere, and --local to one on
this machine, until you interrupt it. What the browser does there, you do; only
the one that opens the link may do it.`,
		Example: `  kresctl ui
  kresctl ui --local
  kresctl --token-file ~/.kresctl-token -s https://dns1.example:8453 ui`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if local {
				return a.ask(cmd, a.uiHere)
			}
			return a.ask(cmd, a.ui)
		},
	}
	cmd.Flags().BoolVar(&local, "local", false, "serve the pages on a port of this machine until you interrupt it")
	hasJSON(cmd)
	return cmd
}

func (a *app) ui(ctx context.Context, c *client.Client) error {
	s, err := c.Session(ctx)
	if err != nil {
		return err
	}
	at := present.PagesAt{Address: s.Pages}
	if s.Pages != "" && s.Role != "" {
		link, err := c.SessionLink(ctx)
		if err != nil {
			return err
		}
		if link.URL != "" {
			at.Link, at.Expires = link.URL, &link.Expires
		}
	}
	if socket := c.Socket(); socket != "" {
		host, _ := os.Hostname()
		at.Tunnel = "ssh -L 8453:" + socket + " " + cmp.Or(host, "HOST")
		at.Through = "http://localhost:8453/ui/"
	}
	if a.json {
		return present.JSON(a.stdout, at)
	}
	return present.Pages(a.stdout, at)
}

// uiHere carries the manager to a browser of this machine.
func (a *app) uiHere(ctx context.Context, c *client.Client) error {
	if _, err := c.Session(ctx); err != nil {
		return err
	}
	b, err := c.Carry()
	if err != nil {
		return err
	}
	at := present.PagesAt{Link: b.Link()}
	if a.json {
		err = present.JSON(a.stdout, at)
	} else {
		err = present.Pages(a.stdout, at)
	}
	if err != nil {
		return err
	}
	return b.Serve(ctx)
}
