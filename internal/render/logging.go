// SPDX-License-Identifier: Apache-2.0

package render

import (
	"slices"

	"kresd-manager/internal/config"
)

// processGroups are words of /logging/groups that name processes and not
// groups of kresd.
var processGroups = []string{"manager", "supervisord", "policy-loader", "kresd", "cache-gc", "files", "metrics", "server"}

// logging comes first, so that whatever follows is reported where it should.
// process is the word of /logging/groups that sets this process to debug, and
// target the Lua of the log target where the configuration leaves it open.
func (s *script) logging(l config.Logging, process, target string) {
	s.section("logging")
	level := l.Level
	if slices.Contains(l.Groups, process) {
		level = "debug"
	}
	s.line("log_level(%s)", quote(level))
	if l.Target != "from-arg" {
		target = quote(l.Target)
	}
	s.line("log_target(%s)", target)
	groups := slices.DeleteFunc(slices.Clone(l.Groups), func(g string) bool { return slices.Contains(processGroups, g) })
	if len(groups) > 0 {
		s.line("log_groups(%s)", list(groups))
	}
}

// verboseGC reports whether the garbage collector should say what it does.
func verboseGC(l config.Logging) bool {
	return l.Level == "debug" || slices.Contains(l.Groups, "cache-gc")
}
