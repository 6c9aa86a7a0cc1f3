// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// InstallFleet runs make install-fleet into a folder below dir, or that of the run, and
// returns it, to be a layer of a machine.
func InstallFleet(ctx context.Context, dir string) (layer string, err error) {
	return Once(dir, "fleet", func(folder string) error {
		build := filepath.Join(folder, ".build")
		if err := makeTarget(ctx, "install-fleet", "DESTDIR="+folder, "PREFIX=/usr/local", "BUILD="+build); err != nil {
			return err
		}
		return os.RemoveAll(build)
	})
}

// Fleet installs kres-fleet into the machine, as make install-fleet does, for all tests
// that come after: an agent does nothing before it has settings.
func (s *System) Fleet(t *testing.T) {
	t.Helper()
	folder, err := InstallFleet(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{
		"bin/kres-fleet": 0o755, "lib/systemd/system/kres-fleet.service": 0o644, "lib/sysusers.d/kres-fleet.conf": 0o644,
		"share/kres-fleet/50-kres-fleet.conf": 0o644, "share/man/man8/kres-fleet.8": 0o644,
	} {
		path = "/usr/local/" + path
		text, err := os.ReadFile(folder + path)
		if err != nil {
			t.Fatal(err)
		}
		s.Must(t, "mkdir", "-p", filepath.Dir(path))
		if err := s.WriteFile(path, text, mode); err != nil {
			t.Fatal(err)
		}
	}
	s.Must(t, "systemd-sysusers", "kres-fleet.conf")
	s.Must(t, "systemctl", "daemon-reload")
}
