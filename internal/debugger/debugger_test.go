// SPDX-License-Identifier: Apache-2.0

package debugger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/cgroup"
	"kresd-manager/units"
)

// The manager names the processes, and root stops what it names: the kernel has the last word
// on what is a worker.
func TestOnlyProcessesOfTheirUnitsAreStopped(t *testing.T) {
	for name, test := range map[string]struct {
		groups string // /proc/7/cgroup; "" for no such process
		want   string // of the error; "" for none
	}{
		"a worker":                    {"0::/system.slice/system-kresd.slice/kresd@1.service\n", ""},
		"a process below it":          {"0::/system.slice/system-kresd.slice/kresd@1.service/a\n", ""},
		"that of a user's manager":    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/kresd@1.service\n", ""},
		"beside version 1":            {"1:name=systemd:/system.slice/x.service\n0::/system.slice/x.service\n", "process 7 is not of kresd@1.service"},
		"version 1 alone":             {"1:name=systemd:/system.slice/kresd@1.service\n0::/\n", ""},
		"systemd":                     {"0::/init.scope\n", "in the cgroup /init.scope: the debugger is not attached"},
		"another worker":              {"0::/system.slice/system-kresd.slice/kresd@10.service\n", "is not of kresd@1.service"},
		"the manager that names it":   {"0::/system.slice/kresd-manager.service\n", "is not of kresd@1.service"},
		"a process that is no longer": {"", "process 7 of kresd@1.service has ended"},
	} {
		proc := t.TempDir()
		if test.groups != "" {
			err := os.MkdirAll(filepath.Join(proc, "7"), 0o755)
			if err == nil {
				err = os.WriteFile(filepath.Join(proc, "7", "cgroup"), []byte(test.groups), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		err := belong(cgroup.System{Proc: proc}, []units.UnitStatus{{Unit: "kresd@1.service", PID: 7}})
		if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
