// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"path/filepath"
	"strings"
	"syscall"

	"kresd-manager/internal/input"
	"kresd-manager/units"
)

// sources looks at what the policy-loader says of the files that rules come from. The
// workers' user writes its report, so it is read as the manager, and not as root.
func (e *examination) sources() {
	if e.config == nil {
		return // reported already
	}
	p := e.show(units.PolicyLoader, "StatusText")
	loader := units.Observed{StatusText: p["StatusText"]}
	if !strings.HasPrefix(loader.StatusText, units.RulesStatus) || !strings.HasSuffix(loader.StatusText, " degraded") {
		return
	}
	const why = "what it blocks or answers is not what the file says now"
	const fix = "fix the file; with a manager it is then loaded by itself: kresctl status"
	path := filepath.Join(e.config.Rundir, "work/sources")
	var who *syscall.Credential
	if e.root {
		var ok bool
		if who, ok = e.manager(); !ok {
			e.unseen(path + ": it is not known who runs the manager")
			return
		}
	}
	text, err := e.runAs(who, "head", "-c", "1M", "--", path)
	if err != nil {
		e.unseen(path + ": " + strings.TrimSpace(text))
		return
	}
	degraded := input.ReadReport(strings.NewReader(text), loader.ConfigHash(), input.Named(e.config))
	if len(degraded) == 0 { // the file has changed since
		e.find(loader.StatusText, why, "kresctl status")
	}
	for _, d := range degraded {
		e.find(d.String(), why, fix)
	}
}
