// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"os/exec"
	"slices"
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

// often are the properties that checks of many units look at.
var often = strings.Fields(`ActiveState DropInPaths ExecStop FragmentPath FreezerState Group LoadState MainPID NeedDaemonReload NotifyAccess PrivatePIDs
	PrivateUsers RemainAfterExit Restart Type UMask User`)

// together reads what a check looks at of many units at once: a systemctl show for each
// takes a process. It holds until forget is called, at the latest by the end of the check:
// what the next one sees of files must be of the same time.
func (e *examination) together(names ...string) (forget func()) {
	e.shown = e.showAll(names, often)
	return func() { e.shown = nil }
}

// show returns properties of a unit, empty if systemd does not answer.
func (e *examination) show(unit string, properties ...string) map[string]string {
	unread := func(property string) bool { return !slices.Contains(often, property) }
	if values, ok := e.shown[unit]; ok && !slices.ContainsFunc(properties, unread) {
		return values
	}
	return e.showAll([]string{unit}, properties)[unit]
}

// showAll returns properties of units by the name that they are asked for; it is empty, and
// not nil, if systemd does not answer.
func (e *examination) showAll(names, properties []string) map[string]map[string]string {
	out, err := e.run(append([]string{"systemctl", "show", "--property=" + strings.Join(properties, ","), "--"}, names...)...)
	if err != nil {
		return map[string]map[string]string{}
	}
	return shown(names, out)
}

// shown reads what systemctl show has printed of units: a block of lines for each, in their
// order, with an empty line between them.
func shown(names []string, out string) map[string]map[string]string {
	found := map[string]map[string]string{}
	blocks := strings.Split(strings.TrimSuffix(out, "\n"), "\n\n")
	if len(blocks) != len(names) {
		return found
	}
	for i, block := range blocks {
		values := map[string]string{}
		for line := range strings.Lines(block) {
			if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
				values[key] = value
			}
		}
		found[names[i]] = values
	}
	return found
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
