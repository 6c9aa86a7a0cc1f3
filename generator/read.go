// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// Paths are the files that [Read] looks at.
type Paths struct {
	Config string // the configuration
	State  string // the manager's directory of generations
	Root   string // what is before /etc/fstab and unit directories, in tests
}

// Read finds out what is to start. It calls tell twice: with what the kept
// generation says, and with everything, so that a configuration that takes too
// long costs only itself. Call it without rights: it parses what others wrote.
func Read(p Paths, host config.Host, tell func(Findings)) {
	var f Findings
	var err error
	f.Kept, err = readKept(filepath.Join(p.State, "boot"))
	f.Pending = err != nil && mountPending(p.Root, p.State)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.Lost = err.Error()
	}
	tell(f)
	f.Wanted, f.Config, f.Reason = readConfig(p.Config, host)
	tell(f)
}

// maxKeptBytes is far above what components.json has for a thousand components.
const maxKeptBytes = 4 << 20

// readKept reads what a generation wants. The error is fs.ErrNotExist if no whole
// one is there.
func readKept(dir string) (*Set, error) {
	for _, name := range []string{"worker.lua", "policy-loader.lua"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return nil, fmt.Errorf("no %s: %w", name, errors.Join(err, fs.ErrNotExist))
		}
	}
	path := filepath.Join(dir, "components.json")
	b, err := durable.Read(path, maxKeptBytes)
	if err != nil {
		return nil, err
	}
	k, err := units.ReadDesired(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if k.Workers < 1 || k.Workers > units.MaxWorkers {
		return nil, fmt.Errorf("%s: no number of workers", path)
	}
	s := &Set{Workers: k.Workers, FirstAlone: k.FirstAlone, GC: k.GC != nil, Limits: k.Limits, Slice: k.Slice, Restart: k.Restart}
	for _, c := range k.Components {
		s.Components = append(s.Components, Component{c.Name, c.Priority})
	}
	if len(k.GC) > 1 && k.GC[0] == "-c" {
		s.CacheDir = cacheDir(k.GC[1])
	}
	return s, nil
}

// cacheDir leaves out what the units have anyway, and what they do not get.
func cacheDir(path string) string {
	if !Opens(path) {
		return ""
	}
	return path
}

// Sizes of configurations, in bytes.
const (
	maxConfigBytes = 64 << 20
	// Up to this size the whole configuration is checked, which takes a few
	// milliseconds.
	wholeBytes = 64 << 10
)

// needed are the top-level keys that say something about what starts, or that
// those look at.
var needed = []string{"workers", "rundir", "hostname", "management", "network", "cache", "monitoring", "systemd", "components"}

// readConfig reads what it needs of the configuration, and checks as much as
// it reads.
func readConfig(path string, host config.Host) (s *Set, state, reason string) {
	text, err := durable.Read(path, maxConfigBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, Absent, ""
	case err != nil:
		var problem *fs.PathError
		if errors.As(err, &problem) {
			err = problem.Err
		}
		return nil, Bad, path + ": cannot be read: " + err.Error()
	}
	if len(text) > wholeBytes {
		if left, ok := blocks(text, needed); ok {
			if c, err := parse(path, left, host); err == nil {
				return setOf(c), Good, ""
			}
		}
	}
	c, err := parse(path, text, host)
	if err != nil {
		return nil, Bad, why(path, err)
	}
	return setOf(c), Good, ""
}

func parse(path string, text []byte, host config.Host) (*config.Config, error) {
	doc, err := config.Parse(path, text)
	if err != nil {
		return nil, err
	}
	return doc.Config(host)
}

// why is the first problem, in a form that everyone may read: of the value
// that was found nothing is told.
func why(path string, err error) string {
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		return path + " is not a configuration"
	}
	p := problems[0]
	p.Message, _, _ = strings.Cut(p.Message, ", found ")
	p.Hint = ""
	text := p.String()
	if more := len(problems) - 1; more > 0 {
		text += " (and " + strconv.Itoa(more) + " more)"
	}
	return text
}

func setOf(c *config.Config) *Set {
	s := &Set{
		Workers:    min(c.Workers, units.MaxWorkers),
		FirstAlone: render.SharesKey(c),
		GC:         c.Cache.GarbageCollector.Enable,
		CacheDir:   cacheDir(c.Cache.Storage),
		Slice:      c.Systemd.Slice,
		Restart:    c.Systemd.Restart,
		Limits: units.Limits{
			MemoryMax: uint64(c.Systemd.MemoryMax), MemoryHigh: uint64(c.Systemd.MemoryHigh), TasksMax: uint64(c.Systemd.TasksMax),
			CPUWeight: uint64(c.Systemd.CPUWeight), IOWeight: uint64(c.Systemd.IOWeight),
		},
	}
	for _, r := range render.Components(c, render.Host{CPUs: 1}) {
		s.Components = append(s.Components, Component{r.Name, r.Priority})
	}
	return s
}

// mountPending reports whether something will be mounted over dir or above it
// that is not mounted yet: as fstab(5) or a mount unit says.
func mountPending(root, dir string) bool {
	mounted := map[string]bool{}
	b, _ := os.ReadFile(root + "/proc/self/mountinfo")
	for line := range strings.Lines(string(b)) {
		if fields := strings.Fields(line); len(fields) > 4 {
			mounted[fields[4]] = true
		}
	}
	fstab, _ := durable.Read(root+"/etc/fstab", 1<<20)
	var listed []string
	for line := range strings.Lines(string(fstab)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0][0] != '#' {
			listed = append(listed, filepath.Clean(fields[1]))
		}
	}
	for up := filepath.Clean(dir); up != "/" && up != "."; up = filepath.Dir(up) {
		if mounted[up] {
			return false
		}
		if slices.Contains(listed, up) || hasMountUnit(root, up) {
			return true
		}
	}
	return false
}

func hasMountUnit(root, dir string) bool {
	name := strings.ReplaceAll(strings.ReplaceAll(dir[1:], "-", `\x2d`), "/", "-") + ".mount"
	for _, d := range []string{"/etc/systemd/system/", "/run/systemd/system/", "/run/systemd/generator/", "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/"} {
		if info, err := os.Stat(root + d + name); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}
