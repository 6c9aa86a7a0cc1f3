// SPDX-License-Identifier: Apache-2.0

// Package debugger attaches a debugger that takes the arguments of gdb(1) to processes.
package debugger

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"kresd-manager/internal/cgroup"
	"kresd-manager/units"
)

// Command is the command line of a debugger on the processes of units, of which there is
// at least one. More of its arguments follow; sudo has it run as root.
func Command(debugger string, sudo bool, processes []units.UnitStatus, more []string) []string {
	line := []string{debugger}
	if sudo {
		line = []string{"sudo", debugger}
	}
	if len(processes) == 1 {
		line = append(line, "-p", strconv.Itoa(processes[0].PID))
	} else {
		for i, process := range processes {
			if i > 0 {
				line = append(line, "-ex", "add-inferior", "-ex", fmt.Sprintf("inferior %d", i+1))
			}
			line = append(line, "-ex", fmt.Sprintf("attach %d", process.PID))
		}
	}
	return append(line, more...)
}

// Text is a command line as a shell takes it.
func Text(line []string) string {
	quoted := make([]string, len(line))
	for i, a := range line {
		quoted[i] = a
		if a == "" || strings.ContainsFunc(a, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+", r)
		}) {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// Run becomes the debugger, if the processes are of their units. It returns only with an
// error.
func Run(line []string, processes []units.UnitStatus) error {
	path, err := exec.LookPath(line[0])
	if err != nil {
		return fmt.Errorf("cannot find %s: install it, or name another one with --gdb", line[0])
	}
	if err := belong(cgroup.System{}, processes); err != nil {
		return err
	}
	return fmt.Errorf("cannot run %s: %w", path, syscall.Exec(path, line, os.Environ()))
}

// belong says which process the kernel does not have in the cgroup of its unit: the manager
// named it, and a debugger that root runs stops whatever it is attached to. Where there is
// no hierarchy of version 2 nothing is known of it (cgroups(7)).
func belong(system cgroup.System, processes []units.UnitStatus) error {
	for _, u := range processes {
		p, ok := system.Process(u.PID)
		if !ok {
			return fmt.Errorf("process %d of %s has ended; see kresctl units", u.PID, u.Unit)
		}
		path := p.Path()
		if path == "" || path == "/" || slices.Contains(strings.Split(path, "/"), u.Unit) {
			continue
		}
		return fmt.Errorf("process %d is not of %s, as kresd-manager says, but in the cgroup %s: the debugger is not attached to it; see systemctl status %d", u.PID, u.Unit, path, u.PID)
	}
	return nil
}
