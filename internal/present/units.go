// SPDX-License-Identifier: Apache-2.0

package present

import (
	"io"
	"strconv"
	"strings"
	"time"

	"kresd-manager/units"
)

// Units writes a table of units.
func Units(w io.Writer, all []units.UnitStatus, now time.Time) error {
	table := NewTable(w)
	table.Row("UNIT", "STATE", "CONFIG", "PID", "MEMORY", "UP", "CRASHES")
	for _, u := range all {
		current := "current"
		switch {
		case u.Active == "inactive" || u.Role == units.RoleCanary:
			current = "-"
		case !u.Current:
			current = "old"
		}
		up := "-"
		if u.PID != 0 {
			up = strings.TrimSuffix(since(u.Since, now), " ago")
			up, _, _ = strings.Cut(up, " ago")
		}
		table.Row(u.Unit, state(u), current, number(u.PID), megabytes(u.Memory), up, strconv.Itoa(u.Restarts))
	}
	return table.Flush()
}
