// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"path/filepath"

	"kresd-manager/internal/cgroup"
	"kresd-manager/units"
)

// accounting is what has systemd pass a controller on to a slice.
var accounting = map[string]string{"memory": "MemoryAccounting", "cpu": "CPUAccounting", "io": "IOAccounting", "pids": "TasksAccounting"}

// controllers looks for limits that no one enforces.
func (e *examination) controllers() {
	if e.config == nil {
		return
	}
	need := units.LimitsOf(e.config.Systemd).Controllers()
	if len(need) == 0 {
		return
	}
	group := e.show(units.Worker(1), "ControlGroup")["ControlGroup"]
	if group == "" {
		group = "/"
	}
	for _, c := range (cgroup.System{}).Unenforced(group, need) {
		fix := "add to the command line of the kernel, and boot: systemd.unified_cgroup_hierarchy=1 cgroup_enable=memory"
		if c.Where != "/" {
			fix = "systemctl set-property " + filepath.Base(c.Where) + " " + accounting[c.Controller] + "=yes"
		}
		e.find("/systemd: "+c.String(), "workers may use more than they are allowed", fix)
	}
}
