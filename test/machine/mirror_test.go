// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMirrorIn(t *testing.T) {
	for _, test := range []struct {
		name, file, text, want string
	}{
		{"one-line format", "sources.list", "# first\ndeb http://mirror.test/debian bookworm main\n", "http://mirror.test/debian"},
		{"one-line format with options", "sources.list", "deb [arch=amd64 signed-by=/k] https://mirror.test/debian/ trixie main contrib # why\n", "https://mirror.test/debian/"},
		{"source packages are of no use", "sources.list", "deb-src http://mirror.test/debian bookworm main\n", ""},
		{"the security archive lacks most packages", "sources.list", "deb http://mirror.test/debian-security bookworm-security main\n", ""},
		{"another vendor's component main", "sources.list.d/a.list", "deb https://vendor.test/apt stable main\n", ""},
		{
			"stanzas, the security archive first", "sources.list.d/debian.sources",
			"Types: deb\nURIs: http://mirror.test/debian-security\nSuites: bookworm-security\nComponents: main\n\n" +
				"# second\nTypes: deb deb-src\nURIs:\n http://mirror.test/debian\nSuites: bookworm bookworm-updates\nComponents: main\n", "http://mirror.test/debian",
		},
		{
			"a stanza that is switched off", "sources.list.d/debian.sources",
			"Enabled: no\nTypes: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\nComponents: main\n", "",
		},
		{
			"an archive of some day", "sources.list.d/debian.sources",
			"Types: deb\nURIs: http://mirror.test/archive/debian/20260101T000000Z\nSuites: sid\nComponents: main\n",
			"http://mirror.test/archive/debian/20260101T000000Z",
		},
		{
			"a list of mirrors, as in cloud images", "sources.list.d/debian.sources",
			"Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\nSuites: bookworm\nComponents: main\n",
			"mirror+file:///etc/apt/mirrors/debian.list",
		},
		{"a file apt ignores", "sources.list.d/debian.bak", "deb http://mirror.test/debian bookworm main\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := writeFile(filepath.Join(dir, test.file), []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := mirrorIn(dir)
			if err != nil || got != test.want {
				t.Errorf("mirrorIn = %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestMirrorOfTheEnvironmentWins(t *testing.T) {
	t.Setenv(mirrorVariable, "http://mirror.test/mine")
	if got, err := mirror(); got != "http://mirror.test/mine" || err != nil {
		t.Errorf("mirror = %q, %v", got, err)
	}
}

func TestMajorMinor(t *testing.T) {
	for version, want := range map[string][2]int{
		"6.5.0-2": {6, 5}, "1:6.10-1": {6, 10}, "262-1": {262, 0}, "261~rc1-1": {261, 0}, "": {0, 0}, "252.39-1~deb12u1": {252, 39},
	} {
		if major, minor := majorMinor(version); major != want[0] || minor != want[1] {
			t.Errorf("majorMinor(%q) = %d, %d; want %v", version, major, minor, want)
		}
	}
}

func TestPruneRootsKeepsWhatIsUsed(t *testing.T) {
	cache := t.TempDir()
	for _, name := range []string{"old", "new", "current"} {
		if err := os.Mkdir(filepath.Join(cache, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := touch(filepath.Join(cache, name+".used")); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * rootMaxIdle)
	for _, name := range []string{"old", "current"} {
		if err := os.Chtimes(filepath.Join(cache, name+".used"), past, past); err != nil {
			t.Fatal(err)
		}
	}
	pruneRoots(cache, filepath.Join(cache, "current"), t.Logf)
	for name, want := range map[string]bool{"old": false, "old.used": false, "new": true, "current": true} {
		if exists(filepath.Join(cache, name)) != want {
			t.Errorf("%s: exists is %v, want %v", name, !want, want)
		}
	}
}
