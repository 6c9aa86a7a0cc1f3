// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// minimum lists the oldest versions the suite is written for. Newer ones never fail.
var minimum = []struct {
	pkg          string
	major, minor int
}{
	{"knot-resolver6", 6, 5},
	{"systemd", 252, 0},
}

var printVersions sync.Once

// Versions returns the installed version of every package named in the recipe of the tree
// that all machines share, read from the dpkg database of a root tree.
func Versions(root string) (map[string]string, error) { return versionsOf(root, packages) }

// Versions returns the installed version of every package named in the recipe of the tree,
// read from the dpkg database of its root.
func (t Tree) Versions(root string) (map[string]string, error) { return versionsOf(root, t.contents()) }

// versionsOf returns the versions of those of the packages that are installed.
func versionsOf(root string, packages []string) (map[string]string, error) {
	file, err := os.Open(filepath.Join(root, "var/lib/dpkg/status"))
	if err != nil {
		return nil, fmt.Errorf("cannot read the package versions of the root tree: %w", err)
	}
	defer file.Close()
	versions := map[string]string{}
	name := ""
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case key == "Package":
			name = value
		case key == "Version" && slices.Contains(packages, name):
			versions[name] = value
		}
	}
	return versions, lines.Err()
}

// checkVersions compares with the minimum, and logs all versions once per process.
func (t Tree) checkVersions(root string, log Logf) error {
	versions, err := versionsOf(root, t.contents())
	if err != nil {
		return err
	}
	printVersions.Do(func() {
		var line strings.Builder
		for _, name := range t.contents() {
			fmt.Fprintf(&line, " %s %s,", name, versions[name])
		}
		log("root tree:%s", strings.TrimSuffix(line.String(), ","))
	})
	for _, min := range minimum {
		version := versions[min.pkg]
		if version == "" && t.release() != suite {
			continue // has none, see Tree
		}
		major, minor := majorMinor(version)
		if major < min.major || major == min.major && minor < min.minor {
			return fmt.Errorf("cannot test with %s %q: %d.%d or later is needed", min.pkg, version, min.major, min.minor)
		}
	}
	return nil
}

// majorMinor returns the first two numbers of a Debian version such as "1:6.5.0-2".
func majorMinor(version string) (major, minor int) {
	if _, upstream, ok := strings.Cut(version, ":"); ok {
		version = upstream
	}
	numbers := strings.FieldsFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if len(numbers) > 0 {
		major, _ = strconv.Atoi(numbers[0])
	}
	// "261-2" and "261~rc1" have no minor number: what follows is no part of the release.
	if rest := strings.TrimLeft(version, "0123456789"); strings.HasPrefix(rest, ".") && len(numbers) > 1 {
		minor, _ = strconv.Atoi(numbers[1])
	}
	return major, minor
}
