// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"kresd-manager/units"
)

// Refusal in a configuration makes every process that reads it end at once
// with this as its last message, as a mistake in lua/script does.
const Refusal = "no_such_function()"

// Memory is what each process has, in bytes.
const Memory = 36 << 20

// rundir makes the directories, which tests have made.
const rundir = "kresd-rundir.service"

var announced = regexp.MustCompile(`'STATUS=((?:config|rules) [0-9a-f]+)'`)

// spawnLocked starts the process of a unit and returns the result of the job.
func (s *Systemd) spawnLocked(u *unit, f Fault) string {
	if f == LimitHit {
		u.limit = true
	}
	if u.limit {
		u.o.ActiveState, u.o.SubState, u.o.Result = "failed", "failed", "start-limit-hit"
		return "failed"
	}
	s.serial++
	switch u.o.Name {
	case units.Target:
		u.o.ActiveState, u.o.SubState = "active", "active"
		return "done"
	case rundir:
		u.o.ActiveState, u.o.SubState = "inactive", "dead" // it has done its work
		return "done"
	}
	u.o.InvocationID = fmt.Sprintf("%032x", s.serial)
	u.o.StatusText, u.o.Result = "", "success"
	if f == TimesOut {
		s.endLocked(u, "timeout", "took too long")
		return "timeout"
	}
	if err := s.readLocked(u); err != nil {
		s.endLocked(u, "exit-code", err.Error())
		return "failed"
	}
	if f == Fails {
		s.endLocked(u, "exit-code", "failed on demand")
		return "failed"
	}
	if u.o.Name == units.PolicyLoader {
		s.rules = u.o.ConfigHash()
		u.o.ActiveState, u.o.SubState = "active", "exited"
		return "done"
	}
	u.o.ActiveState, u.o.SubState = "active", "running"
	u.o.MainPID, u.o.Populated = 1000+s.serial, true
	u.o.Since, u.o.MemoryBytes = time.Now(), Memory
	if _, worker := units.WorkerNumber(u.o.Name); worker {
		u.sees = s.rules
	}
	switch f {
	case Dies:
		s.endLocked(u, "exit-code", "died right after its start")
	case Lies:
		u.o.StatusText = units.WorkerStatus + "00000000deadbeef"
	case Strays:
		u.o.Populated = false
	}
	return "done"
}

// readLocked is what the process does before it is ready.
func (s *Systemd) readLocked(u *unit) error {
	c, ok := units.RoleOf(u.o.Name)
	if !ok {
		return fmt.Errorf("there is no such unit as %s", u.o.Name)
	}
	file := map[units.Role]string{
		units.RoleWorker:    "worker/worker.lua",
		units.RoleCanary:    "canary/worker.lua",
		units.RoleLoader:    "policy-loader/policy-loader.lua",
		units.RoleGC:        "cache-gc/gc.json",
		units.RoleComponent: "component/components.json",
	}[c]
	b, err := os.ReadFile(filepath.Join(s.root, file))
	if err != nil {
		return err
	}
	if c == units.RoleGC {
		u.o.Args, err = gcArgs(b)
		return err
	}
	if c == units.RoleComponent {
		return componentLocked(u, b)
	}
	if strings.Contains(string(b), Refusal) {
		return fmt.Errorf("%s is not defined", Refusal)
	}
	m := announced.FindSubmatch(b)
	if m == nil {
		return fmt.Errorf("%s announces nothing", file)
	}
	u.o.StatusText = string(m[1])
	if c == units.RoleLoader {
		note, err := s.degradeLocked(string(b), u.o.StatusText)
		u.o.StatusText += note
		return err
	}
	return nil
}

// componentLocked is the start of a component.
func componentLocked(u *unit, text []byte) error {
	want, err := units.ReadDesired(text)
	if err != nil {
		return err
	}
	for _, c := range want.Components {
		if c.Unit() == u.o.Name {
			if slices.Contains(c.Command, Refusal) {
				return fmt.Errorf("cannot start %s", c.Command[0])
			}
			u.o.StatusText = units.ComponentStatus + c.Hash
			return nil
		}
	}
	return fmt.Errorf("the configuration has no such component")
}

// gcArgs reads the arguments of the garbage collector.
func gcArgs(text []byte) (args []string, err error) {
	if err := json.Unmarshal(text, &args); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("the configuration does not want kres-cache-gc")
	}
	return args, nil
}

// endLocked is the end of a process that systemd did not ask for: workers and
// the garbage collector are started again soon, the others have failed.
func (s *Systemd) endLocked(u *unit, result, message string) {
	u.o.MainPID, u.o.Populated, u.o.Args, u.sees = 0, false, nil, ""
	u.frozen, u.o.FreezerState = false, ""
	u.o.Result, u.o.Since, u.o.MemoryBytes = result, time.Now(), 0
	u.o.ActiveState, u.o.SubState = "activating", "auto-restart"
	if u.o.Name == units.PolicyLoader || u.o.Name == units.Canary {
		u.o.ActiveState, u.o.SubState = "failed", "failed"
	}
	s.journal[u.o.InvocationID] = append(s.journal[u.o.InvocationID], message)
}
