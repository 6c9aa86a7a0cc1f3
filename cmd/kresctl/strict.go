// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/judge"
)

// What the commands share that judge with --strict.

func strictFlags(cmd *cobra.Command, strict *bool, user *string) {
	cmd.Flags().BoolVar(strict, "strict", false, "also check the files and directories that are named")
	cmd.Flags().StringVar(user, "user", "", "`NAME` of the account that --strict judges for, in place of those of the installed units")
}

// inspector is what --strict adds to a verdict: nothing unless it is asked for.
func inspector(cmd *cobra.Command, strict bool, user string) (func(*judge.Verdict), error) {
	named := cmd.Flags().Changed("user")
	switch {
	case named && !strict:
		return nil, usage(cmd, "--user needs --strict")
	case !strict:
		return func(*judge.Verdict) {}, nil
	case named:
		who, err := judge.Account(user)
		return func(v *judge.Verdict) { v.Inspect(who) }, err
	}
	who, err := judge.Usual()
	return func(v *judge.Verdict) { v.Inspect(who); v.Confine() }, err
}
