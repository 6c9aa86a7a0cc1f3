// SPDX-License-Identifier: Apache-2.0

package doctor

import "kresd-manager/units"

// stock looks for Knot Resolver's own manager.
func (e *examination) stock() {
	p := e.show(units.Stock, "LoadState", "ActiveState", "UnitFileState")
	const mend = "systemctl mask --now " + units.Stock
	switch {
	case p["LoadState"] == "not-found" || p["LoadState"] == "masked" && p["ActiveState"] == "inactive":
	case p["ActiveState"] != "inactive" && p["ActiveState"] != "failed" && p["ActiveState"] != "":
		e.find(units.Stock+", the stock manager, is "+p["ActiveState"],
			"it uses the same run directory and addresses, so kresd-manager does not start beside it", mend)
	case p["UnitFileState"] == "enabled":
		e.find(units.Stock+", the stock manager, starts at boot",
			"it takes the run directory and the addresses if it comes first", mend)
	}
}
