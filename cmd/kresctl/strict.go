// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
)

// resolverUser is the account of workers, policy-loader and garbage collector.
const resolverUser = "knot-resolver"

func (a *app) strictFlags(cmd *cobra.Command, strict *bool, user *string) {
	cmd.Flags().BoolVar(strict, "strict", false, "also check the files and directories that are named")
	cmd.Flags().StringVar(user, "user", resolverUser, "`NAME` of the account that --strict judges for; without it, kresd-manager for what the manager uses")
}

// managerUser is the account of the manager, which is what uses the keys below
// /management. Its unit gives it the group of the resolver.
const managerUser = "kresd-manager"

// accounts are those that --strict judges for.
type accounts struct{ resolver, manager access.Identity }

func findAccounts(user string, named bool) (who accounts, err error) {
	if who.resolver, err = access.Lookup(user); err != nil {
		return who, err
	}
	who.manager = who.resolver
	if named {
		return who, nil // this one, whatever it is about
	}
	if manager, err := access.Lookup(managerUser); err == nil {
		manager.GIDs = append(manager.GIDs, who.resolver.GIDs[0])
		who.manager = manager
	}
	return who, nil
}

func (who *accounts) of(pointer string) access.Identity {
	if strings.HasPrefix(pointer, "/management/") {
		return who.manager
	}
	return who.resolver
}

// inspector is what --strict adds to a verdict: nothing unless it is asked
// for. What is wrong with a configuration does not keep its paths from being
// looked at, so that one run finds all there is to find.
func (a *app) inspector(cmd *cobra.Command, strict bool, user string) (func(*verdict), error) {
	named := cmd.Flags().Changed("user")
	if !strict {
		if named {
			return nil, usage(cmd, "--user is for --strict")
		}
		return func(*verdict) {}, nil
	}
	who, err := findAccounts(user, named)
	if err != nil {
		return nil, err
	}
	return func(v *verdict) { v.inspect(who) }, nil
}

// inspect looks at all paths of a configuration.
func (v *verdict) inspect(who accounts) {
	if v.doc == nil {
		return
	}
	host, err := hostFor(v.files[0])
	if err != nil {
		v.note(v.files[0], err)
		return
	}
	for _, path := range access.Paths(v.doc, host.BaseDir) {
		for _, f := range access.Check(access.OS, who.of(path.Pointer), path) {
			var p config.Problem
			p.File, p.Line, p.Column, _ = v.doc.Position(path.Pointer)
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
}
