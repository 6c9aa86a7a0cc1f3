// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"
	"strings"

	"kresd-manager/internal/access"
	"kresd-manager/units"
)

// journal looks whether the manager can quote the words of a unit.
func (e *examination) journal() {
	const group = "systemd-journal"
	const why = "a refused change is answered without the message that says what is wrong with it"
	p := e.show(units.Manager, "LoadState", "SupplementaryGroups")
	if p["LoadState"] != "loaded" {
		return
	}
	// A drop-in that empties the list takes both away.
	const put = `mkdir -p /etc/systemd/system/kresd-manager.service.d; printf '[Service]\nSupplementaryGroups=systemd-journal kresd-manager\n' >/etc/systemd/system/kresd-manager.service.d/zz-groups.conf; systemctl daemon-reload; systemctl restart kresd-manager.service`
	groups := strings.Fields(p["SupplementaryGroups"])
	if !slices.Contains(groups, managerUser) {
		e.find(units.Manager+" is not in the group "+managerUser, "it cannot lock the run directory, and so does not start", put)
	}
	if !slices.Contains(groups, group) {
		e.find(units.Manager+" is not in the group "+group, why, put)
		return
	}
	if !e.root {
		e.unseen("whether the manager can read the journal, without root")
		return
	}
	if _, ok := access.GroupID(group); !ok {
		e.find("the group "+group+" does not exist", why, "systemd-sysusers")
		return
	}
	who, ok := e.manager()
	if !ok {
		return
	}
	out, err := e.runAs(who, "journalctl", "--quiet", "--lines=1", "--output=cat")
	if err != nil || strings.TrimSpace(out) == "" {
		e.find("the user "+managerUser+" cannot read the journal", why,
			"systemd-tmpfiles --create --prefix=/var/log/journal --prefix=/run/log/journal; systemctl restart systemd-journald.service")
	}
}
