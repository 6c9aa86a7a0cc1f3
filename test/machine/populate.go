// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// stockUnit is what the package of the resolver starts at boot.
const stockUnit = "knot-resolver.service"

// notStarted are enabled units a test machine has no use for: they only cost time and
// noise. supervisor.service belongs to a package the stock manager takes its library
// from. Logind, which hears of all that systemd does, is started by the bus when it is asked.
var notStarted = []string{
	"apt-daily-upgrade.timer", "apt-daily.timer", "dpkg-db-backup.timer", "fstrim.timer",
	"getty@tty1.service", "getty-static.service", "supervisor.service", "systemd-logind.service", "systemd-pstore.service",
}

// populate writes into the new root, before systemd starts, what the options ask for.
func (s *setup) populate() error {
	units := slices.Clone(notStarted)
	if !s.Options.Stock {
		units = append(units, stockUnit)
	}
	for _, unit := range units {
		if err := unwant(unit); err != nil {
			return err
		}
	}
	if err := errors.Join(s.settle(), withoutGenerators()); err != nil {
		return err
	}
	if len(s.Options.Layers) > 0 {
		if err := runBeforeBoot("systemd-sysusers"); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(s.Options.Files)) {
		if err := s.Options.Files[path].write(path); err != nil {
			return fmt.Errorf("cannot write a file of the options: %w", err)
		}
	}
	for _, unit := range s.Options.Mask {
		link := filepath.Join("/etc/systemd/system", unit)
		if err := errors.Join(makeParent(link), removeIfThere(link), os.Symlink("/dev/null", link)); err != nil {
			return fmt.Errorf("cannot mask %s: %w", unit, err)
		}
	}
	if len(s.Options.Enable) > 0 {
		return runBeforeBoot("systemctl", append([]string{"--quiet", "enable"}, s.Options.Enable...)...)
	}
	return nil
}

// unwant removes the links that start a unit at boot. The unit itself stays: masking it
// would keep a test from starting it by hand.
func unwant(unit string) error {
	for _, dir := range []string{"/etc/systemd/system", "/usr/lib/systemd/system"} {
		links, err := filepath.Glob(filepath.Join(dir, "*.wants", unit))
		if err != nil {
			return err
		}
		for _, link := range links {
			if err := os.Remove(link); err != nil {
				return fmt.Errorf("cannot keep %s from starting: %w", unit, err)
			}
		}
	}
	return nil
}

// withoutGenerators masks the generators of systemd's own (systemd.generator(7)). Each runs at
// every boot and reload, of which tests cause some hundreds, and here they find no disk, terminal,
// virtual machine or kernel command line to make units for.
func withoutGenerators() error {
	all, err := filepath.Glob("/usr/lib/systemd/system-generators/systemd-*")
	if err != nil {
		return err
	}
	for _, generator := range all {
		link := filepath.Join("/etc/systemd/system-generators", filepath.Base(generator))
		if err := errors.Join(makeParent(link), os.Symlink("/dev/null", link)); err != nil {
			return fmt.Errorf("cannot mask a generator: %w", err)
		}
	}
	return nil
}

// settle makes this a later boot of an installed system with a name of its own. A
// machine id keeps systemd from treating it as the first boot (machine-id(5)) and
// enabling units on its own; the stamps keep services from rebuilding caches
// (systemd.unit(5), ConditionNeedsUpdate=). The root was built with the host's name and
// resolver in it.
func (s *setup) settle() error {
	var id [16]byte
	_, _ = rand.Read(id[:])
	files := map[string]File{
		"/etc/machine-id":  {Content: hex.EncodeToString(id[:]) + "\n", Mode: 0o444},
		"/etc/hostname":    {Content: s.Host + "\n"},
		"/etc/hosts":       {Content: "127.0.0.1 localhost " + s.Host + "\n::1 localhost\n"},
		"/etc/resolv.conf": {Content: "nameserver 127.0.0.1\n"},
	}
	if s.Kmsg != "" {
		// The journal would take the messages from the reader outside and drop them: they
		// lack the header that a kernel adds.
		files["/etc/systemd/journald.conf.d/kmsg.conf"] = File{Content: "[Journal]\nReadKMsg=no\n"}
	}
	for path, file := range files {
		// A link, as of resolv.conf to a stub, would lead elsewhere.
		if err := errors.Join(removeIfThere(path), file.write(path)); err != nil {
			return err
		}
	}
	return errors.Join(touch("/etc/.updated"), touch("/var/.updated"))
}

// runBeforeBoot runs a program in the new root while systemd does not run yet.
func runBeforeBoot(name string, args ...string) error {
	cmd := exec.Command("/usr/bin/"+name, args...)
	cmd.Env = []string{"PATH=" + commandPath, "LC_ALL=C.UTF-8"}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot prepare the machine: %s: %v\n%s", name, err, out)
	}
	return nil
}

func makeParent(path string) error {
	return os.MkdirAll(filepath.Dir(path), 0o755)
}

func removeIfThere(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
