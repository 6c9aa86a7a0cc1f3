// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
)

func (a *app) schemaCommand() *cobra.Command {
	var live bool
	cmd := &cobra.Command{
		Use:   "schema [--live] [FILE]",
		Short: "print the JSON schema of the configuration",
		Long: `Print the JSON schema (draft 2020-12) of the configuration, or save it in FILE.
It is the schema of this kresctl or, with --live, of the running manager. Rules
between keys are not part of it: kresctl validate knows them all.`,
		Example: `  kresctl schema >kresd.schema.json
  kresctl schema --live`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			schema := config.Schema()
			if live {
				var err error
				if schema, err = a.liveSchema(cmd.Context()); err != nil {
					return err
				}
			}
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			return a.write(file, schema)
		},
	}
	cmd.Flags().BoolVarP(&live, "live", "l", false, "ask the running manager")
	return cmd
}

// liveSchema asks the manager.
func (a *app) liveSchema(ctx context.Context) ([]byte, error) {
	c, err := a.connect()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Schema(ctx)
}
