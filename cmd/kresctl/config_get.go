// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
	"kresd-manager/internal/present"
)

func (a *app) configGetCommand() *cobra.Command {
	var pointer string
	var asYAML, etagOnly, effective bool
	cmd := &cobra.Command{
		Use:   "get [-p POINTER] [--effective] [--json | --yaml] [FILE]",
		Short: "print the running configuration, or save it in FILE",
		Long: `Print the running configuration, or the part at POINTER, as it was written,
without defaults; or save it in FILE.

--effective adds the default of every other key, each marked. It is YAML, or
with --json an object with the keys configuration, defaults (pointers) and
derived.`,
		Example: `  kresctl config get -p /cache/size-max
  kresctl config get --yaml running.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := isKey(cmd, pointer, args); err != nil {
				return err
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.json && asYAML {
				return usage(cmd, "--json and --yaml cannot be combined")
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				from := absolute(pointer)
				if effective {
					from = "" // what is not set is nowhere else
				}
				value, etag, err := c.Get(ctx, from)
				if err != nil {
					return err
				}
				if etagOnly {
					return a.write("", []byte(etag+"\n"))
				}
				text, err := a.layOut(value, absolute(pointer), effective, asYAML)
				if err != nil {
					return err
				}
				if len(args) == 0 || args[0] == "-" {
					return a.write("", text)
				}
				if err := a.write(args[0], text); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "saved in %s\n", args[0])
				return nil
			})
		},
	}
	pointerFlag(cmd, &pointer, pointerCompletion{})
	hasJSON(cmd)
	cmd.Flags().BoolVar(&asYAML, "yaml", false, "as YAML")
	cmd.Flags().BoolVar(&effective, "effective", false, "with all defaults, each of which is marked")
	cmd.Flags().BoolVar(&etagOnly, "etag", false, "print the ETag only, for config set --if-match")
	return cmd
}

// layOut is the text of a part of the configuration; of the effective one it is given the
// whole.
func (a *app) layOut(value []byte, pointer string, effective, asYAML bool) ([]byte, error) {
	if !effective {
		return present.Value(value, asYAML)
	}
	doc, err := config.Parse("running configuration", value)
	if err != nil {
		return nil, err
	}
	return present.Effective(doc, pointer, !a.json)
}
