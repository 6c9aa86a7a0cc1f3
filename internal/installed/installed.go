// SPDX-License-Identifier: Apache-2.0

// Package installed gives the units of the system as unitfile.Unit, from their files
// with drop-ins: it works where systemd does not run or does not answer, and says
// what the next start is going to use. Where the files are is left to unitdir.
package installed

import (
	"fmt"
	"io/fs"

	"kresd-manager/internal/unitdir"
	"kresd-manager/internal/unitfile"
)

// Unit returns what the files of a unit and its drop-ins assign, in the order in
// which systemd reads them; later assignments count. root is in front of all
// paths, "" for this system. The error has [fs.ErrNotExist] in its chain where
// there is no such unit file, where it is masked, or where it cannot be read.
func Unit(root, name string) (unitfile.Unit, error) {
	place := unitdir.Now()
	place.Root = root
	u := unitfile.Unit{Name: name}
	settings, ok := place.Settings(name)
	if !ok {
		return u, fmt.Errorf("there is no unit file for %s: %w", name, fs.ErrNotExist)
	}
	for _, s := range settings {
		u.Options = append(u.Options, unitfile.Option{Section: s.Section, Name: s.Name, Value: s.Value})
	}
	return u, nil
}
