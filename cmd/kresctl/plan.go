// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) planCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan [--json]",
		Short: "print what a reload would do",
		Long: `Print what a reload would do now: what differs in the configuration, the steps
that lead from what runs to what the configuration file says, and what clients
notice of them. Nothing is changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			report, err := c.Plan(cmd.Context())
			if err != nil {
				return err
			}
			if !asJSON {
				fmt.Fprint(a.stdout, report.String())
				return nil
			}
			return a.printJSON(report)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (a *app) printJSON(v any) error { return a.encode(v, "    ") }

// printLine prints a value as JSON on one line, for a stream of them.
func (a *app) printLine(v any) error { return a.encode(v, "") }

func (a *app) encode(v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", indent)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	return a.write("", b.Bytes())
}
