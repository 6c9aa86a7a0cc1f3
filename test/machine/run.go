// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// commandPath is the PATH inside, the same as on a Debian system for root.
const commandPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// pipeDelay is how long Run waits for background processes that keep the output open
// after the command itself has ended.
const pipeDelay = 2 * time.Second

// Cmd is a command to run inside a machine.
type Cmd struct {
	// User runs the command as this user of the machine, with its groups; root if empty.
	User string
	// Args is the program, sought in the machine's PATH, and its arguments.
	Args []string
	// Env is added to PATH, HOME, USER, LOGNAME, TERM and LC_ALL, which are set.
	Env   []string
	Stdin io.Reader
	// Unprivileged takes away every capability and the ability to regain one.
	Unprivileged bool
}

// Result is how a command ended.
type Result struct {
	Stdout, Stderr string
	// Code is the exit code, 128 plus the signal's number if one ended the command, and
	// -1 if it could not be run, with the reason in Stderr.
	Code int
	Took time.Duration
}

// Run runs a command inside and waits for its end. When the context ends first, the
// command's process group is killed.
func (m *Machine) Run(ctx context.Context, c Cmd) Result {
	start := time.Now()
	var stdout, stderr bytes.Buffer
	cmd := m.Command(ctx, c)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// The command is a child of nsenter, so a signal must go to their group.
	cmd.SysProcAttr.Setpgid = true
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = pipeDelay
	err := cmd.Run()
	result := Result{Stdout: stdout.String(), Stderr: stderr.String(), Took: time.Since(start)}
	if cmd.ProcessState == nil {
		result.Code = -1
		result.Stderr += fmt.Sprintf("cannot run %s: %v\n", strings.Join(c.Args, " "), err)
		return result
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	result.Code = status.ExitStatus()
	if status.Signaled() {
		result.Code = 128 + int(status.Signal())
	}
	return result
}

// Sh runs a shell script inside as root, stopping at the first command that fails.
func (m *Machine) Sh(ctx context.Context, script string) Result {
	return m.Run(ctx, Cmd{Args: []string{"bash", "-ec", script}})
}

// Command returns a command to run inside, not started yet, for callers that stream its
// input or output. Killing its process leaves the process inside running, unless both
// share a process group that is killed.
func (m *Machine) Command(ctx context.Context, c Cmd) *exec.Cmd {
	args := []string{"--target=" + strconv.Itoa(m.pid), "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--"}
	name, home := "root", "/root"
	var privileges []string
	var failure error
	if c.User != "" && c.User != "root" {
		user, err := m.user(c.User)
		failure = err
		name, home = c.User, user.home
		privileges = append(privileges, "--reuid="+user.uid, "--regid="+user.gid, "--init-groups")
	}
	if c.Unprivileged {
		privileges = append(privileges, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")
	}
	if len(privileges) > 0 {
		args = append(append(append(args, "setpriv"), privileges...), "--")
	}
	cmd := exec.CommandContext(ctx, m.nsenter, append(args, c.Args...)...)
	cmd.Err = errors.Join(cmd.Err, failure)
	cmd.Env = append([]string{
		"PATH=" + commandPath, "HOME=" + home, "USER=" + name, "LOGNAME=" + name, "TERM=dumb", "LC_ALL=C.UTF-8",
	}, c.Env...)
	cmd.Stdin = c.Stdin
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(m.commands.Fd())}
	return cmd
}

// lookNsenter finds the program that enters namespaces on the host.
func lookNsenter() (string, error) {
	path, err := exec.LookPath("nsenter")
	if err != nil {
		return "", fmt.Errorf("cannot find nsenter on this host: install util-linux: %w", err)
	}
	return path, nil
}
