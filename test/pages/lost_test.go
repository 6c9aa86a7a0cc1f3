// SPDX-License-Identifier: Apache-2.0

package pages

import "testing"

// The manager is killed under an open page: the page says so, and that the workers go on,
// and is connected again without a login once there is a manager.
func TestThePageOutlivesTheManager(t *testing.T) {
	serving(t, config)
	p := as(t, "read")
	p.Role("rowheader", "kresd@1").Shown()
	before := sut.PIDs(t)
	sut.Must(t, "systemctl", "stop", "kresd-manager.socket")
	sut.Must(t, "systemctl", "kill", "--signal=KILL", "kresd-manager.service")
	sut.Must(t, "systemctl", "stop", "kresd-manager.service")
	lost := p.Role("region", "Connection").Shown()
	lost.Contains("workers")
	p.Accessible("a page without its manager")
	sut.Expect(t, "host.example.", "192.0.2.1")
	sut.Must(t, "systemctl", "start", "kresd-manager.socket", "kresd-manager.service")
	lost.Gone()
	p.Role("button", "Log out").Shown()
	p.Role("rowheader", "kresd@1").Shown()
	for unit, pid := range sut.PIDs(t) {
		if pid != before[unit] {
			t.Errorf("%s is process %d, and was %d", unit, pid, before[unit])
		}
	}
}
