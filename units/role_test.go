// SPDX-License-Identifier: Apache-2.0

package units

import "testing"

func TestRolesOfUnits(t *testing.T) {
	for unit, want := range map[string]Role{
		"kresd@1.service": RoleWorker, "kresd@17.service": RoleWorker,
		Canary: RoleCanary, PolicyLoader: RoleLoader, CacheGC: RoleGC,
		"kres-component@dnstap-1.service": RoleComponent,
	} {
		if got, ok := RoleOf(unit); !ok || got != want {
			t.Errorf("%s is %q, %t", unit, got, ok)
		}
	}
	for _, unit := range []string{
		"", "sshd.service", "kresd@0.service", "kresd@.service", Manager,
		"kres-component@.service", "kres-component@A.service", "kres-component@a/b.service", "kres-component@a.socket",
	} {
		if got, ok := RoleOf(unit); ok {
			t.Errorf("%s is %q", unit, got)
		}
	}
}
