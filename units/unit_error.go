// SPDX-License-Identifier: Apache-2.0

package units

import "strings"

// UnitError refuses to do something with a unit.
type UnitError struct {
	Unit string // "" if it has no name that could be one
	// Problem goes on from the name of the unit, and says what to do.
	Problem string
	// Unknown tells that there is no such unit.
	Unknown bool
}

func (e *UnitError) Error() string { return strings.TrimSpace(e.Unit + " " + e.Problem) }
