// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"

	"github.com/spf13/cobra"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/sandbox"
)

func (a *app) strictFlags(cmd *cobra.Command, strict *bool, user *string) {
	cmd.Flags().BoolVar(strict, "strict", false, "also check the files and directories that are named")
	cmd.Flags().StringVar(user, "user", "", "`NAME` of the account that --strict judges for, in place of those of the installed units")
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
	who, err := readers(user, named)
	if err != nil {
		return nil, err
	}
	return func(v *verdict) {
		v.inspect(who)
		if !named {
			v.confine()
		}
	}, nil
}

// confine adds what the sandboxes of the installed units hide, and interfaces that
// are not there.
func (v *verdict) confine() {
	if v.doc == nil {
		return
	}
	host, err := hostFor(v.files[0])
	if err != nil {
		return // inspect has told
	}
	units := sandbox.Installed(host.BaseDir)
	units.Candidate = true
	for _, p := range slices.Concat(units.Check(v.doc), absent(v.config)) {
		v.locate(&p)
		v.problems = append(v.problems, p)
	}
}

// locate says where the value is that a problem is about.
func (v *verdict) locate(p *config.Problem) {
	p.File, p.Line, p.Column, _ = v.doc.Position(p.Pointer)
	if p.File == "" && len(v.files) == 1 {
		p.File = display(v.files[0])
	}
}

// readers are those that --strict judges for.
func readers(user string, named bool) (judge.Readers, error) {
	if !named {
		return judge.Usual()
	}
	who, err := access.Lookup(user)
	return judge.Everyone(who, "as --user says"), err
}

// inspect looks at all paths of a configuration, and at whom it gives a role.
func (v *verdict) inspect(who judge.Readers) {
	if v.doc == nil {
		return
	}
	host, err := hostFor(v.files[0])
	if err != nil {
		v.note(v.files[0], err)
		return
	}
	v.judged = who.String()
	found := who.Files(access.Paths(v.doc, host.BaseDir))
	if v.config != nil {
		found = append(found, who.Watches(judge.Watched(v.config))...)
		found = append(found, who.Roles(v.doc, v.config.Management.Roles)...)
	}
	for _, f := range found {
		p := f.Problem
		v.locate(&p)
		v.problems = append(v.problems, p)
	}
}
