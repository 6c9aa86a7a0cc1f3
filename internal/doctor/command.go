// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"os/exec"
	"strings"
	"syscall"

	"kresd-manager/internal/access"
	"kresd-manager/internal/installed"
	"kresd-manager/units"
)

// Accounts of the manager and of the workers.
const (
	managerUser = "kresd-manager"
	workerUser  = "knot-resolver"
)

// run runs a command and returns what it says on both streams.
func (e *examination) run(args ...string) (string, error) {
	return e.runAs(nil, args...)
}

func (e *examination) runAs(who *syscall.Credential, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(e.ctx, deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0")
	if who != nil {
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// show returns properties of a unit, empty if systemd does not answer.
func (e *examination) show(unit string, properties ...string) map[string]string {
	out, err := e.run("systemctl", "show", "--property="+strings.Join(properties, ","), "--", unit)
	if err != nil {
		return nil
	}
	values := map[string]string{}
	for line := range strings.Lines(out) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			values[key] = value
		}
	}
	return values
}

// manager is who the manager runs as, by the files of its unit; ok is false if
// that cannot be known.
func (e *examination) manager() (c *syscall.Credential, ok bool) {
	u, err := installed.Unit("", units.Manager)
	if err != nil {
		return nil, false
	}
	who, err := access.OfUnit(u)
	if err != nil || len(who.GIDs) == 0 {
		return nil, false
	}
	return &syscall.Credential{Uid: who.UID, Gid: who.GIDs[0], Groups: who.GIDs[1:]}, true
}
