// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strings"
	"testing"

	"kresd-manager/test/machine"
)

// swap is a program that, until it is killed, puts a link to a victim in the
// place of a path, in every way that a user may have.
const swap = `
import os, sys
path, victim = sys.argv[1:]
spare = os.path.join(os.path.dirname(path), ".swap%d" % os.getpid())
def attempt(f, *a):
    try: f(*a)
    except OSError: pass
while True:
    attempt(os.symlink, victim, path)
    attempt(os.unlink, path)
    attempt(os.symlink, victim, spare)
    attempt(os.rename, spare, path)
    attempt(os.link, victim, path)
    attempt(os.unlink, spare)
`

// asUser is how a process of one of our users starts: in the namespaces of a
// process and with groups, without a way to other rights.
type asUser struct {
	name, user string
	groups     string
	within     string // a unit whose mount namespace it is in, "" for that of the machine
}

// attackers are our two users with all groups that a process of theirs can have.
var attackers = []asUser{
	{"a worker's user", "knot-resolver", "knot-resolver", ""},
	{"in a worker's sandbox", "knot-resolver", "knot-resolver", "kresd@1.service"},
	{"the manager's user", "kresd-manager", "knot-resolver,systemd-journal,kresd-manager", ""},
	{"in the manager's sandbox", "kresd-manager", "knot-resolver,systemd-journal,kresd-manager", "kresd-manager.service"},
}

func (u asUser) command(t *testing.T, args ...string) []string {
	t.Helper()
	var command []string
	if u.within != "" {
		command = append(command, "nsenter", "--mount", "--target", sut.Show(t, u.within, "MainPID"))
	}
	command = append(command, "setpriv", "--reuid="+u.user, "--regid=knot-resolver", "--groups="+u.groups,
		"--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
	return append(command, args...)
}

// attack runs a program of a user's while f runs.
func (u asUser) attack(t *testing.T, f func(), args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan machine.Result, 1)
	command := machine.Cmd{Args: u.command(t, args...)}
	go func() { ended <- sut.Run(ctx, command) }()
	f()
	select {
	case r := <-ended:
		t.Errorf("the attack ended by itself, so that this test has tested nothing: %d %s", r.Code, r.Stderr)
	default:
	}
	cancel()
	<-ended
}

// victim makes a file of root's that an attack would change, and returns what
// tells that it was.
func victim(t *testing.T, path string) func() string {
	t.Helper()
	sut.Must(t, "sh", "-c", "rm -f "+path+"; umask 077; echo secret >"+path)
	tidy(t, "rm -f "+path)
	return func() string { return strings.TrimSpace(sut.Must(t, "stat", "--format=%U:%G %a", path)) }
}

// machineCmd is a command with a text to read.
func machineCmd(stdin string, args ...string) machine.Cmd {
	return machine.Cmd{Args: args, Stdin: strings.NewReader(stdin)}
}
