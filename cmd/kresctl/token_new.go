// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/token"
)

func (a *app) tokenNewCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new",
		Short: "print a new token",
		Long: `Print a new token of 256 random bits. No manager is asked. Keep the token where
it is used, in a file that only its owner can read, and give the manager its
hash: see kresctl token hash.`,
		Example: `  (umask 077; kresctl token new >~/.kresctl-token)
  kresctl token hash ~/.kresctl-token`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.write("", []byte(token.New()+"\n")) },
	}
}
