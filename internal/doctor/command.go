// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
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

// credential is a user with a group of its own and others; ok is false if one
// of them does not exist.
func credential(name, group string, more ...string) (c *syscall.Credential, ok bool) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, false
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, ok := gidOf(group)
	if !ok {
		return nil, false
	}
	c = &syscall.Credential{Uid: uint32(uid), Gid: gid}
	for _, g := range more {
		n, ok := gidOf(g)
		if !ok {
			return nil, false
		}
		c.Groups = append(c.Groups, n)
	}
	return c, true
}

func gidOf(group string) (uint32, bool) {
	g, err := user.LookupGroup(group)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(g.Gid, 10, 32)
	return uint32(n), err == nil
}
