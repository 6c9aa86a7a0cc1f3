// SPDX-License-Identifier: Apache-2.0

// Package packaging holds the unit files that are installed, for those who have
// to know what is in them: with transient units the same text is used where no
// file is installed.
package packaging

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"kresd-manager/internal/unitfile"
)

//go:embed systemd/system
var files embed.FS

const folder = "systemd/system"

// Unit returns a unit as systemd puts it together from its file, or that of its
// template, and the drop-ins of both. Paths in it are those of a distribution
// package.
func Unit(name string) (unitfile.Unit, error) {
	names := unitfile.Names(name)
	var texts []string
	for _, n := range names {
		b, err := files.ReadFile(path.Join(folder, n))
		if err != nil {
			continue
		}
		texts = append(texts, string(b))
		break
	}
	if len(texts) == 0 {
		return unitfile.Unit{}, fmt.Errorf("there is no unit file for %s", name)
	}
	for _, n := range slices.Backward(names) {
		dropins, _ := fs.Glob(files, path.Join(folder, n+".d", "*.conf"))
		for _, d := range dropins {
			b, err := files.ReadFile(d)
			if err != nil {
				return unitfile.Unit{}, err
			}
			texts = append(texts, string(b))
		}
	}
	return unitfile.Parse(name, texts...)
}

// Names returns the names of all units with a file, sorted.
func Names() []string {
	entries, err := files.ReadDir(folder)
	if err != nil {
		panic(fmt.Sprintf("packaging: an embedded folder cannot be read: %v", err))
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}
