// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestUnitPaths(t *testing.T) {
	for unit, path := range map[string]dbus.ObjectPath{
		"kresd@3.service":            "/org/freedesktop/systemd1/unit/kresd_403_2eservice",
		"kresd@12.service":           "/org/freedesktop/systemd1/unit/kresd_4012_2eservice",
		"kres-policy-loader.service": "/org/freedesktop/systemd1/unit/kres_2dpolicy_2dloader_2eservice",
		"kresd.target":               "/org/freedesktop/systemd1/unit/kresd_2etarget",
		"3.service":                  "/org/freedesktop/systemd1/unit/_33_2eservice",
		`a_b\x2d.mount`:              "/org/freedesktop/systemd1/unit/a_5fb_5cx2d_2emount",
	} {
		if got := unitPath(unit); got != path {
			t.Errorf("the path of %s is %s, want %s", unit, got, path)
		}
		if got := unitOf(path); got != unit {
			t.Errorf("the unit of %s is %s, want %s", path, got, unit)
		}
	}
	for _, path := range []dbus.ObjectPath{
		"/", "/org/freedesktop/systemd1", "/org/freedesktop/systemd1/unit", "/org/freedesktop/systemd1/job/3",
		"/org/freedesktop/systemd1/unit/kresd_4", "/org/freedesktop/systemd1/unit/kresd_zz",
	} {
		if got := unitOf(path); got != "" {
			t.Errorf("the unit of %s is %s", path, got)
		}
	}
}
