// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
)

// resolverUser is the account of workers, policy-loader and garbage collector.
const resolverUser = "knot-resolver"

func (a *app) strictFlags(cmd *cobra.Command, strict *bool, user *string) {
	cmd.Flags().BoolVar(strict, "strict", false, "also check the files and directories that are named")
	cmd.Flags().StringVar(user, "user", resolverUser, "`NAME` of the account that --strict judges for")
}

// inspector is what --strict adds to a verdict: nothing unless it is asked
// for. What is wrong with a configuration does not keep its paths from being
// looked at, so that one run finds all there is to find.
func (a *app) inspector(cmd *cobra.Command, strict bool, user string) (func(*verdict), error) {
	if !strict {
		if cmd.Flags().Changed("user") {
			return nil, usage(cmd, "--user is for --strict")
		}
		return func(*verdict) {}, nil
	}
	who, err := access.Lookup(user)
	if err != nil {
		return nil, err
	}
	return func(v *verdict) {
		if v.doc == nil {
			return
		}
		host, err := hostFor(v.files[0])
		if err != nil {
			v.note(v.files[0], err)
			return
		}
		for _, path := range access.Paths(v.doc, host.BaseDir) {
			for _, f := range access.Check(access.OS, who, path) {
				p := locate(v.doc, path.Pointer)
				if p.File == "" && len(v.files) == 1 {
					p.File = display(v.files[0])
				}
				p.Pointer, p.Message, p.Hint, p.Severity = path.Pointer, f.Message, f.Hint, config.SeverityError
				if f.Unsure {
					p.Severity = config.SeverityWarning
				}
				v.problems = append(v.problems, p)
			}
		}
	}, nil
}
