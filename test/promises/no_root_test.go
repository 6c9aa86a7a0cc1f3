// SPDX-License-Identifier: Apache-2.0

package promises

import (
	"strings"
	"testing"

	"kresd-manager/units"
)

// No root. The daemon is a user of its own without any capability, and polkit lets it
// start and stop exactly its own units.
func TestNoRoot(t *testing.T) {
	sut.Fresh(t, three)
	status := sut.Must(t, "cat", "/proc/"+sut.Show(t, units.Manager, "MainPID")+"/status")
	uid := strings.TrimSpace(sut.Must(t, "id", "-u", "kresd-manager"))
	for _, line := range []string{
		"Uid:\t" + strings.Join([]string{uid, uid, uid, uid}, "\t"), "CapInh:\t0000000000000000", "CapPrm:\t0000000000000000",
		"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1",
	} {
		if !strings.Contains(status, line+"\n") {
			t.Errorf("its process has no line %q:\n%s", line, status)
		}
	}
	as := []string{"setpriv", "--reuid=kresd-manager", "--regid=knot-resolver", "--clear-groups", "systemctl", "--no-ask-password"}
	sut.Must(t, append(as, "restart", "kresd@2.service")...)
	fails(t, []string{"Failed to restart systemd-logind.service", "Access denied"}, append(as, "restart", "systemd-logind.service")...)
	for _, unit := range []string{units.Manager, "kresd@.service", units.PolicyLoader} {
		file := strings.TrimSpace(sut.Must(t, "systemctl", "show", "--property=FragmentPath", "--value", strings.Replace(unit, "@.", "@1.", 1)))
		if got := strings.TrimSpace(sut.Must(t, "stat", "-c", "%U %a", file)); got != "root 644" {
			t.Errorf("%s is %s", file, got)
		}
	}
}
