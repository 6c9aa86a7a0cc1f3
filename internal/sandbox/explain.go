// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"regexp"
	"strings"

	"kresd-manager/internal/access"
	"kresd-manager/units"
)

// named finds absolute paths in what a process says.
var named = regexp.MustCompile("(?:^|[\\s'\"`(=])(/[^\\s'\"`(),;:]+)")

// Explain adds to the last words of a unit what they cannot say: that a path in
// them, which may come from Lua that no one but the process understands, is hidden or
// read-only because of the sandbox, and what opens it.
func (c Checker) Explain(unit string, lines []string) []string {
	if unit == units.Canary {
		unit = workers // it is edited together with them
	} else if _, ok := units.WorkerNumber(unit); ok {
		unit = workers
	}
	v := c.View(unit)
	told := map[string]bool{}
	for _, line := range lines {
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			if told[m[1]] {
				continue
			}
			told[m[1]] = true
			f := finding{view: v, named: m[1], need: access.ReadFile, alone: c.Alone}
			f.state, f.at = v.follow(c.Tree, m[1])
			if strings.Contains(line, "Read-only file system") {
				f.writes, f.need = true, access.WriteFile
				f.at = parent(f.at)
				f.named = f.at
			}
			if f.state.hidden != nil && f.state.hidden.path == f.at {
				continue // where the process works, as the canary does in a /tmp of its own
			}
			if p, wrong := f.problem(); wrong {
				lines = append(lines, p.Message+"; "+p.Hint)
			}
		}
	}
	return lines
}

func parent(file string) string {
	if i := strings.LastIndexByte(file, '/'); i > 0 {
		return file[:i]
	}
	return "/"
}
