// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"slices"
	"time"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/encrypt"
	"kresd-manager/internal/input"
	"kresd-manager/internal/sandbox"
	"kresd-manager/internal/source"
)

// Inspect adds what keeps readers from all paths of the configuration, and whom it
// gives a role in vain. What is wrong with a configuration does not keep its paths from
// being looked at, so that one run finds all there is to find.
func (v *Verdict) Inspect(who Readers) {
	host, ok := v.host()
	if !ok {
		return
	}
	v.Judged = who.String()
	found := who.Files(access.Paths(v.Doc, host.BaseDir))
	if v.Config != nil {
		found = append(found, who.Watches(input.Named(v.Config))...)
		found = append(found, who.Roles(v.Doc, v.Config.Management.Roles)...)
		for _, p := range encrypt.Examine(v.Config, time.Now()) {
			found = append(found, Finding{Unsure: p.Severity == config.SeverityWarning, Problem: p})
		}
	}
	for _, f := range found {
		v.add(f.Problem)
	}
}

// Confine adds what the sandboxes of the installed units hide, and interfaces that are
// not there.
func (v *Verdict) Confine() {
	host, ok := v.host()
	if !ok {
		return
	}
	units := sandbox.Installed(host.BaseDir)
	units.Candidate = true
	for _, p := range slices.Concat(units.Check(v.Doc), absent(v.Config)) {
		v.add(p)
	}
}

// host is this machine, if there is something to look at on it.
func (v *Verdict) host() (config.Host, bool) {
	if v.Doc == nil {
		return config.Host{}, false
	}
	host, err := source.Host(v.Files[0])
	if err != nil {
		return host, false // which is among the problems already
	}
	return host, true
}

// add adds a problem with the place of the value that it is about.
func (v *Verdict) add(p config.Problem) {
	p.File, p.Line, p.Column, _ = v.Doc.Position(p.Pointer)
	if p.File == "" && len(v.Files) == 1 {
		p.File = source.Name(v.Files[0])
	}
	v.Problems = append(v.Problems, p)
}
