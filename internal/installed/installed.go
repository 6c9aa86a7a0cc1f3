// SPDX-License-Identifier: Apache-2.0

// Package installed reads the units of the system from their files, with
// drop-ins, as systemd would: it works where systemd does not run or does not
// answer, and says what the next start is going to use.
package installed

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/unit"

	"kresd-manager/units"
)

// dirs are where the system's units are, the first one first (systemd.unit(5),
// table 1, and the directories that systemctl writes to).
var dirs = []string{
	"/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", "/run/systemd/generator.early",
	"/etc/systemd/system", "/etc/systemd/system.attached", "/run/systemd/system", "/run/systemd/system.attached",
	"/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	"/run/systemd/generator.late",
}

// Unit returns what the files of a unit and its drop-ins assign, in the order in
// which systemd reads them; later assignments count. root is in front of all
// paths, "" for this system. The error has [fs.ErrNotExist] in its chain where
// there is no such unit file, or it is masked.
func Unit(root, name string) (units.Unit, error) {
	names := []string{name}
	if template, ok := templateOf(name); ok {
		names = append(names, template)
	}
	u := units.Unit{Name: name}
	file := fragment(root, names)
	if file == "" {
		return u, fmt.Errorf("there is no unit file for %s: %w", name, fs.ErrNotExist)
	}
	for _, path := range append([]string{file}, dropIns(root, names)...) {
		text, err := os.ReadFile(path)
		if err != nil {
			return u, fmt.Errorf("cannot read a file of the unit %s: %w", name, err)
		}
		options, err := unit.DeserializeOptions(bytes.NewReader(text))
		if err != nil {
			return u, fmt.Errorf("cannot read %s: %w", path, err)
		}
		for _, o := range options {
			// A continued line is one line with a blank (systemd.syntax(7)).
			value := strings.TrimSpace(strings.ReplaceAll(o.Value, "\\\n", " "))
			u.Options = append(u.Options, units.Option{Section: o.Section, Name: o.Name, Value: value})
		}
	}
	return u, nil
}

// fragment is the unit file, "" if there is none or it is masked, which is a
// link to /dev/null or an empty file.
func fragment(root string, names []string) string {
	for _, name := range names {
		for _, dir := range dirs {
			path := filepath.Join(root, dir, name)
			info, err := os.Stat(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				continue
			case err == nil && (!info.Mode().IsRegular() || info.Size() == 0):
				return ""
			}
			return path
		}
	}
	return ""
}

// dropIns are sorted by their names, whatever their directories; of several
// with one name that of the more particular unit counts, and then that of the
// first directory (systemd.unit(5)).
func dropIns(root string, names []string) []string {
	var folders []string
	for _, name := range names {
		folders = append(folders, name)
		dot := strings.LastIndexByte(name, '.')
		for stem := name[:dot]; ; {
			dash := strings.LastIndexByte(strings.TrimSuffix(stem, "-"), '-')
			if dash < 0 {
				break
			}
			stem = stem[:dash+1]
			folders = append(folders, stem+name[dot:])
		}
	}
	last := names[len(names)-1]
	folders = append(folders, last[strings.LastIndexByte(last, '.')+1:]) // service.d
	found := map[string]string{}                                         // path by name
	for _, folder := range folders {
		for _, dir := range dirs {
			entries, err := os.ReadDir(filepath.Join(root, dir, folder+".d"))
			if err != nil {
				continue
			}
			for _, e := range entries {
				if _, known := found[e.Name()]; !known && strings.HasSuffix(e.Name(), ".conf") {
					found[e.Name()] = filepath.Join(root, dir, folder+".d", e.Name())
				}
			}
		}
	}
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if info, err := os.Stat(found[name]); err == nil && info.Mode().IsRegular() {
			paths = append(paths, found[name])
		} // or a link to /dev/null, by which an administrator takes it away
	}
	return paths
}

// templateOf returns the template of an instance: kresd@.service of kresd@1.service.
func templateOf(name string) (string, bool) {
	at, dot := strings.IndexByte(name, '@'), strings.LastIndexByte(name, '.')
	if at < 0 || dot <= at+1 {
		return "", false
	}
	return name[:at+1] + name[dot:], true
}
