// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"kresd-manager/dbusctl"
	"kresd-manager/internal/manager"
)

// prepareSocket runs before the API socket is bound, which would take the path
// away from a stock service that runs. It runs as root, so it reads nothing
// that anybody else can write.
func prepareSocket(bus *dbusctl.Client, o options) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := manager.CheckStock(ctx, bus); err != nil {
		return err
	}
	_, err1 := os.Stat(o.rundir)
	_, err2 := os.Stat(o.runtimeDir)
	if err1 == nil && err2 == nil {
		return nil
	}
	out, err := exec.CommandContext(ctx, "systemd-tmpfiles", "--create", "kresd-manager.conf").CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot make the run directories: %w: %s", err, out)
	}
	return nil
}
