// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"fmt"
	"strings"

	"kresd-manager/units"
)

// limitsText returns the drop-in for the workers' template that has systemd
// hold them to limits, "" if there are none. CPUs are not among them: a worker
// stays on its CPUs by itself.
func limitsText(s Set) string {
	var b strings.Builder
	for _, p := range units.LimitProperties {
		if n := *p.Of(&s.Limits); n > 0 {
			fmt.Fprintf(&b, "%s=%d\n", p.Name, n)
		}
	}
	if s.Slice != "" {
		fmt.Fprintf(&b, "Slice=%s\n", s.Slice)
	}
	if s.Restart != "" {
		fmt.Fprintf(&b, "Restart=%s\n", s.Restart)
	}
	if b.Len() == 0 {
		return ""
	}
	return "[Service]\n" + b.String()
}
