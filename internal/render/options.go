// SPDX-License-Identifier: Apache-2.0

package render

import "kresd-manager/internal/config"

// options writes the keys that differ from what a fresh worker does.
func (s *script) options(o config.Options) {
	s.section("options")
	if o.GlueChecking != "normal" {
		s.line("mode(%s)", quote(o.GlueChecking))
	}
	s.when(!o.Minimize, "option('NO_MINIMIZE', true)")
	s.when(o.QueryLoopback, "option('ALLOW_LOCAL', true)")
	s.when(!o.ReorderRRSet, "option('REORDER_RR', false)")
	s.when(!o.QueryCaseRandomization, "option('NO_0X20', true)")
	s.when(!o.Priming, "modules.unload('priming')")
	s.when(!o.RefuseNoRD, "modules.unload('refuse_nord')")
	s.when(!o.TimeJumpDetection, "modules.unload('detect_time_jump')")
	// The order of modules is that of their part in resolving.
	s.when(o.RebindingProtection, "modules.load('rebinding < iterate')")
	s.when(o.ViolatorsWorkarounds, "modules.load('workarounds < iterate')")
	s.when(o.ServeStale, "modules.load('serve_stale < cache')")
}
