// SPDX-License-Identifier: Apache-2.0

package unitdir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes files and links below a root: "PATH", "PATH -> TARGET" and, empty,
// "PATH empty".
func tree(t *testing.T, lines ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, line := range lines {
		words := strings.Fields(line)
		file := filepath.Join(root, words[0])
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		switch {
		case err != nil:
		case len(words) == 3:
			err = os.Symlink(words[2], file)
		case len(words) == 2:
			err = os.WriteFile(file, nil, 0o644)
		default:
			err = os.WriteFile(file, []byte("[Unit]\n"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestWanted(t *testing.T) {
	const (
		file   = "/usr/lib/systemd/system/s.service"
		debian = "/usr/lib/systemd/system/multi-user.target.wants/s.service -> ../s.service"
		byHand = "/etc/systemd/system/multi-user.target.wants/s.service -> /usr/lib/systemd/system/s.service"
		etc    = "/etc/systemd/system/multi-user.target.wants/s.service"
		vendor = "/usr/lib/systemd/system/multi-user.target.wants/s.service"
	)
	for _, c := range []struct {
		name      string
		lines     []string
		now, boot string
	}{
		{"nothing is there", nil, "", ""},
		{"a unit that no one wants", []string{file}, "", ""},
		{"the link of a package", []string{file, debian}, vendor, vendor},
		{"the link of systemctl enable", []string{file, byHand}, etc, etc},
		{"a link in every directory", []string{file, debian, byHand}, etc, etc},
		{"that of a generator", []string{file, "/run/systemd/generator.late/multi-user.target.wants/s.service -> " + file}, "/run/systemd/generator.late/multi-user.target.wants/s.service", ""},
		{"required in place of wanted", []string{file, "/usr/lib/systemd/system/x.target.requires/s.service -> ../s.service"}, "/usr/lib/systemd/system/x.target.requires/s.service", "/usr/lib/systemd/system/x.target.requires/s.service"},
		{"upheld", []string{file, "/etc/systemd/system/x.target.upholds/s.service -> " + file}, "/etc/systemd/system/x.target.upholds/s.service", "/etc/systemd/system/x.target.upholds/s.service"},
		{"a link that dangles counts by its name", []string{file, "/etc/systemd/system/multi-user.target.wants/s.service -> /nowhere"}, etc, etc},
		{"links of a package that is gone", []string{debian, byHand}, "", ""},

		{"masked", []string{file, debian, "/etc/systemd/system/s.service -> /dev/null"}, "", ""},
		{"masked by way of a link", []string{file, debian, "/etc/systemd/system/s.service -> ../null", "/etc/systemd/null -> ../../dev/null"}, "", ""},
		{"masked by an empty file", []string{file, debian, "/etc/systemd/system/s.service empty"}, "", ""},
		{"masked until the next boot", []string{file, debian, "/run/systemd/system/s.service -> /dev/null"}, "", vendor},
		{"masked where more counts than where it is linked", []string{file, byHand, "/etc/systemd/system.control/s.service -> /dev/null"}, "", ""},
		{"a mask that another file hides", []string{"/etc/systemd/system/s.service", debian, "/run/systemd/system/s.service -> /dev/null"}, vendor, vendor},
		{"a mask below the file", []string{"/usr/local/lib/systemd/system/s.service", vendor + " -> /usr/local/lib/systemd/system/s.service", "/usr/lib/systemd/system/s.service -> /dev/null"}, vendor, vendor},
		{"a file in /etc alone", []string{"/etc/systemd/system/s.service", byHand}, etc, etc},

		{"the link is masked", []string{file, debian, etc + " -> /dev/null"}, "", ""},
		{"the link is masked by an empty file", []string{file, debian, etc + " empty"}, "", ""},
		{"the link is masked until the next boot", []string{file, debian, "/run/systemd/system/multi-user.target.wants/s.service -> /dev/null"}, "", vendor},
		{"a mask of the link that counts less", []string{file, byHand, vendor + " -> /dev/null"}, etc, etc},
		{"a mask of the link of another target", []string{file, debian, "/etc/systemd/system/graphical.target.wants/s.service -> /dev/null"}, vendor, vendor},
		{"a mask of another kind of link", []string{file, debian, "/etc/systemd/system/multi-user.target.requires/s.service -> /dev/null"}, vendor, vendor},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := tree(t, c.lines...)
			now, boot := Now(), NextBoot()
			now.Root, boot.Root = root, root
			if got := now.Wanted("s.service"); got != c.now {
				t.Errorf("now %q, want %q", got, c.now)
			}
			if got := boot.Wanted("s.service"); got != c.boot {
				t.Errorf("at the next boot %q, want %q", got, c.boot)
			}
		})
	}
}

func TestUnit(t *testing.T) {
	p := Now()
	p.Root = tree(t, "/usr/lib/systemd/system/a@.service", "/etc/systemd/system/a@2.service", "/etc/systemd/system/a@3.service -> /dev/null", "/etc/systemd/system/loop.service -> loop.service")
	for unit, want := range map[string]string{
		"a@1.service": "/usr/lib/systemd/system/a@.service", "a@2.service": "/etc/systemd/system/a@2.service",
		"a@3.service": "", "a@.service": "/usr/lib/systemd/system/a@.service", "b.service": "", "loop.service": "",
	} {
		if got, ok := p.Unit(unit); got != want || ok != (want != "") {
			t.Errorf("%s: %q %t, want %q", unit, got, ok, want)
		}
	}
}
