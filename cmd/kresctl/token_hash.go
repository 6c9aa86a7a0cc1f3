// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/source"
	"kresd-manager/internal/token"
)

func (a *app) tokenHashCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hash [FILE | -]",
		Short: "print the hash of a token",
		Long: `Print the hash of the token in FILE or on standard input, for the token-file or
token of a role in /management/roles. The hash alone gives no one the role. No
manager is asked.`,
		Example: `  kresctl token hash ~/.kresctl-token >/etc/knot-resolver/deploy.token`,
		Args:    atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := source.Stdin
			if len(args) > 0 {
				file = args[0]
			}
			text, err := a.files.Text(file)
			if err != nil {
				return err
			}
			secret, err := token.FromText(text, source.Name(file))
			if err != nil {
				return err
			}
			return a.write("", []byte(token.Of(secret).String()+"\n"))
		},
	}
}
