// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"kresd-manager/internal/unitdir"
	"kresd-manager/units"
)

// BackToStock are the commands with which an administrator goes back to Knot Resolver's
// own manager. The first stops the workers, too: both serve the same addresses.
const BackToStock = "systemctl disable --now kresd-manager.service kresd-manager.socket kresd.target; " +
	"systemctl unmask " + units.Stock + "; systemctl enable --now " + units.Stock

// stock looks for Knot Resolver's own manager. Whether it starts at boot is told
// by files: a package may bring the link that starts it, which systemd does not
// count as enabled, and a mask may be there for this boot alone.
func (e *examination) stock() {
	p := e.show(units.Stock, "ActiveState")
	const fix = "systemctl mask --now " + units.Stock + " # or, to go back to it: " + BackToStock
	if p["ActiveState"] != "inactive" && p["ActiveState"] != "failed" && p["ActiveState"] != "" {
		e.find(units.Stock+", the stock manager, is "+p["ActiveState"],
			"it uses the same run directory and addresses, so kresd-manager does not start beside it", fix)
		return
	}
	if link := unitdir.NextBoot().Wanted(units.Stock); link != "" {
		e.find(units.Stock+", the stock manager, starts at boot, by "+link,
			"it takes the run directory and the addresses, and no unit of this resolver starts before the manager does", fix)
	}
}
