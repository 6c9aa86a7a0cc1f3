// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cgroup is a machine's folder in the cgroup2 hierarchy. Everything that runs in the
// machine is below it, so killing by cgroup never hits a process of someone else, as
// killing by a remembered process id could.
type cgroup string

// commandsGroup is where commands from outside run. In the machine's top folder they
// would keep systemd from enabling controllers (cgroups(7), "no internal processes").
const commandsGroup = "commands"

// cgroupOf returns the folder for a machine's name.
func cgroupOf(name string) cgroup {
	top := "/sys/fs/cgroup"
	if unified := top + "/unified"; exists(unified) { // systemd's hybrid layout
		top = unified
	}
	return cgroup(filepath.Join(top, "kresd-manager-test-"+name))
}

// create makes the folder and returns handles on it and on the folder for commands,
// by which processes are started inside.
func (c cgroup) create() (top, commands *os.File, err error) {
	if err := os.MkdirAll(filepath.Join(string(c), commandsGroup), 0o755); err != nil {
		return nil, nil, fmt.Errorf("cannot make a cgroup (is a cgroup2 file system mounted, and writable?): %w", err)
	}
	if top, err = os.Open(string(c)); err != nil {
		return nil, nil, err
	}
	if commands, err = c.openCommands(); err != nil {
		top.Close()
		return nil, nil, err
	}
	return top, commands, nil
}

func (c cgroup) openCommands() (*os.File, error) {
	return os.Open(filepath.Join(string(c), commandsGroup))
}

// populated reports whether any process lives in the cgroup or below.
func (c cgroup) populated() bool {
	events, err := os.ReadFile(filepath.Join(string(c), "cgroup.events"))
	return err == nil && strings.Contains(string(events), "populated 1")
}

// has reports whether a process is in the cgroup or below.
func (c cgroup) has(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if ok && strings.HasPrefix(path+"/", "/"+filepath.Base(string(c))+"/") {
			return true
		}
	}
	return false
}

// kill ends every process in the cgroup and below, and removes it. It waits until the
// processes are gone or the context ends. A cgroup that does not exist is no error.
func (c cgroup) kill(ctx context.Context) error {
	err := os.WriteFile(filepath.Join(string(c), "cgroup.kill"), []byte("1"), 0)
	if errors.Is(err, fs.ErrNotExist) && !exists(string(c)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot kill the processes of a machine: %w", err)
	}
	for {
		err := c.remove()
		if err == nil {
			return nil
		}
		// Folders are busy while processes are on their way out.
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot remove the cgroup of a machine: %w", err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// remove removes the folder and those below, deepest first.
func (c cgroup) remove() error {
	var dirs []string
	err := filepath.WalkDir(string(c), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for i := len(dirs) - 1; i >= 0; i-- {
		if err := removeIfThere(dirs[i]); err != nil {
			return err
		}
	}
	return nil
}

// CPU returns how much time of the cores all that has run in the machine has taken.
func (m *Machine) CPU() (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(string(m.cgroup), "cpu.stat"))
	if err != nil {
		return 0, fmt.Errorf("cannot read what the machine %s has taken: %w", m.name, err)
	}
	for line := range strings.Lines(string(text)) {
		if used, ok := strings.CutPrefix(line, "usage_usec "); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(used), 10, 64)
			return time.Duration(n) * time.Microsecond, err
		}
	}
	return 0, fmt.Errorf("cannot read what the machine %s has taken: cpu.stat lacks usage_usec", m.name)
}
