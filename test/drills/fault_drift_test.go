// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"testing"
	"time"

	"kresd-manager/units"
)

// TestDriftIsRepaired does to units what an administrator or a fault does, and
// waits for the manager to bring back what is wanted.
func TestDriftIsRepaired(t *testing.T) {
	fresh(t, document(3, "one", "192.0.2.11", "1s"))
	serving(t)
	whole := observe(t)
	for _, c := range []struct {
		name    string
		command []string
	}{
		{"a worker is stopped", []string{"systemctl", "stop", "kresd@2.service"}},
		{"a worker is killed", []string{"systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd@2.service"}},
		{"two workers are stopped", []string{"systemctl", "stop", "kresd@1.service", "kresd@3.service"}},
		{"the collector is stopped", []string{"systemctl", "stop", units.CacheGC}},
		{"the bus is restarted and a worker is stopped meanwhile", []string{"sh", "-c",
			"systemctl stop dbus.socket dbus.service; systemctl stop kresd@2.service; sleep 1; systemctl start dbus.socket"}},
		{"systemd executes itself anew and a worker is stopped meanwhile", []string{"sh", "-c",
			"systemctl daemon-reexec; systemctl stop kresd@2.service"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(t, c.command...)
			began := time.Now()
			oneOf(t, whole, whole)
			t.Logf("repaired %s after", time.Since(began).Round(time.Millisecond))
		})
	}
}
