// SPDX-License-Identifier: Apache-2.0

// Package unitdir reads unit files, drop-ins and links where systemd does, in
// its order: what is installed, masked and wanted can be known without systemd,
// before it has begun or where no one may ask it.
//
// What a unit file means is left to others.
package unitdir

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"kresd-manager/internal/unitfile"
)

// Path is a list of directories with units. The first one that has a file of a
// name counts (systemd.unit(5), "Unit File Load Path"). It is a value; its methods
// read and change nothing.
type Path struct {
	// Root is what comes before all paths, "" but in tests.
	Root string
	Dirs []string
}

// searched are the directories of system units, the one that counts first. Where
// /lib is a link the last but one is there twice, which changes nothing.
var searched = []string{
	"/etc/systemd/system.control",
	"/run/systemd/system.control",
	"/run/systemd/transient",
	"/run/systemd/generator.early",
	"/etc/systemd/system",
	"/etc/systemd/system.attached",
	"/run/systemd/system",
	"/run/systemd/system.attached",
	"/run/systemd/generator",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
	"/run/systemd/generator.late",
}

// Now is where systemd looks at this moment.
func Now() Path { return Path{Dirs: searched} }

// NextBoot is what of it is still there after a boot.
func NextBoot() Path {
	var p Path
	for _, dir := range searched {
		if !strings.HasPrefix(dir, "/run/") {
			p.Dirs = append(p.Dirs, dir)
		}
	}
	return p
}

// Unit returns the file of a unit or, of an instance, of its template. It is false
// where there is none and where it is masked.
func (p Path) Unit(name string) (file string, ok bool) {
	for _, n := range unitfile.Names(name) {
		for _, dir := range p.Dirs {
			file := path.Join(dir, n)
			switch p.look(file) {
			case masking:
				return "", false
			case full:
				return file, true
			}
		}
	}
	return "", false
}

// kind is what an entry of a directory is to systemd.
type kind uint8

const (
	none kind = iota
	dangling
	masking // a link to /dev/null, or an empty file
	full
)

// maxLinks is how many symbolic links the kernel follows, path_resolution(7).
const maxLinks = 40

// look follows links below Root. It opens nothing.
func (p Path) look(file string) kind {
	for links := 0; links < maxLinks; links++ {
		info, err := os.Lstat(p.Root + file)
		switch {
		case errors.Is(err, fs.ErrNotExist) && links == 0:
			return none
		case err != nil:
			return dangling
		case info.Mode().IsRegular() && info.Size() == 0:
			return masking
		case info.Mode()&fs.ModeSymlink == 0:
			return full
		}
		target, err := os.Readlink(p.Root + file)
		if err != nil {
			return dangling
		}
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(file), target)
		}
		if file = path.Clean(target); file == "/dev/null" {
			return masking
		}
	}
	return dangling
}
