// SPDX-License-Identifier: Apache-2.0

// Package debugger attaches a debugger that takes the arguments of gdb(1) to processes.
package debugger

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// Command is the command line of a debugger on processes, of which there is at least
// one. More of its arguments follow; sudo has it run as root.
func Command(debugger string, sudo bool, pids []int, more []string) []string {
	line := []string{debugger}
	if sudo {
		line = []string{"sudo", debugger}
	}
	if len(pids) == 1 {
		line = append(line, "-p", strconv.Itoa(pids[0]))
	} else {
		for i, pid := range pids {
			if i > 0 {
				line = append(line, "-ex", "add-inferior", "-ex", fmt.Sprintf("inferior %d", i+1))
			}
			line = append(line, "-ex", fmt.Sprintf("attach %d", pid))
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

// Run becomes the debugger. It returns only with an error.
func Run(line []string) error {
	path, err := exec.LookPath(line[0])
	if err != nil {
		return fmt.Errorf("cannot find %s: install it, or name another one with --gdb", line[0])
	}
	return fmt.Errorf("cannot run %s: %w", path, syscall.Exec(path, line, os.Environ()))
}
