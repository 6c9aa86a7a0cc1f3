// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"slices"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// Returning reports whether systemd is about to have another worker than this
// unit serve: one that is being restarted or started. A worker that waits for
// the policy-loader to be stopped first is not, because that waits until every
// worker is stopped. It makes a connection of its own, needs no privilege, and
// is for a process that asks once or twice in its life. The address is as in Client.
func Returning(ctx context.Context, address, unit string) (bool, error) {
	bus, err := connect(ctx, address, dbus.NewSequentialSignalHandler())
	if err != nil {
		return false, translate(err, "ask for jobs")
	}
	defer bus.Close()
	var rows []listed
	err = bus.Object(systemdName, systemdPath).CallWithContext(ctx, managerIface+".ListUnitsByPatterns", 0,
		[]string{}, []string{units.InstanceUnit("*"), units.PolicyLoader}).Store(&rows)
	if err != nil {
		return false, translate(err, "ask for jobs")
	}
	return returning(rows, unit), nil
}

func returning(rows []listed, unit string) bool {
	if slices.ContainsFunc(rows, func(r listed) bool {
		return r.Name == units.PolicyLoader && (r.JobType == "restart" || r.JobType == "stop")
	}) {
		return false
	}
	return slices.ContainsFunc(rows, func(r listed) bool {
		if role, ok := units.RoleOf(r.Name); !ok || role != units.RoleWorker || r.Name == unit || r.JobType == "stop" {
			return false
		}
		return r.JobType == "restart" || r.JobType == "start" || r.Active == "activating"
	})
}
