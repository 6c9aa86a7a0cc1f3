// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// small has a small disk of its own at a directory of the manager's, as an
// administrator may who moves it. What was there stays.
func small(t *testing.T, dir string) {
	t.Helper()
	script := fmt.Sprintf(`set -e
		systemctl stop kresd-manager.socket kresd-manager.service kresd.target
		cp -a %[1]s /tmp/saved
		mount -t tmpfs -o size=2m,mode=0750 tmpfs %[1]s
		chown --reference=/tmp/saved %[1]s && chmod --reference=/tmp/saved %[1]s
		cp -a /tmp/saved/. %[1]s/
		rm -r /tmp/saved
		systemctl start kresd-manager.socket kresd-manager.service`, dir)
	sut.Must(t, "sh", "-c", script)
	sut.Status(t) // when all has been started
	t.Cleanup(func() {
		sut.Run(context.Background(), machine.Cmd{Args: []string{"sh", "-c", fmt.Sprintf(
			"systemctl stop kresd-manager.socket kresd-manager.service kresd.target; umount -l %s", dir)}})
	})
}

// TestADirectoryThatCannotBeWrittenTo fills the manager's directories, and
// makes them read-only. A change is made, or refused with the reason; what runs
// is whole, and the next change works when there is room again.
func TestADirectoryThatCannotBeWrittenTo(t *testing.T) {
	one, two := document(3, "one", "192.0.2.11", "1s"), document(3, "one", "192.0.2.12", "1s")
	for _, c := range []struct {
		name, dir, fault, undo string
		words                  string // in the answer of a change that is refused
	}{
		{"what runs is on a full disk", "/run/kresd-manager", "cat /dev/zero >/run/kresd-manager/filler; true", "rm /run/kresd-manager/filler", "no space left on device"},
		{"what runs is on a read-only disk", "/run/kresd-manager", "mount -o remount,ro /run/kresd-manager", "mount -o remount,rw /run/kresd-manager", "read-only file system"},
		{"what is kept is on a full disk", "/var/lib/kresd-manager", "cat /dev/zero >/var/lib/kresd-manager/filler; true", "rm /var/lib/kresd-manager/filler", "no space left on device"},
		{"what is kept is on a read-only disk", "/var/lib/kresd-manager", "mount -o remount,ro /var/lib/kresd-manager", "mount -o remount,rw /var/lib/kresd-manager", "read-only file system"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Fresh(t, one)
			small(t, c.dir)
			from := observe(t)
			serving(t)
			sut.Must(t, "sh", "-c", c.fault)
			a := sut.Call(t, "PUT", "/v1/config", two)
			t.Logf("PUT: %d %s", a.Code, a.Body)
			to := observe(t)
			switch {
			case a.Code == 200:
				if to.ETag == from.ETag {
					t.Error("it succeeded, and what runs is the old configuration")
				}
			case !strings.Contains(a.Body, c.words):
				t.Errorf("it does not say %q", c.words)
			default:
				if diff := cmp.Diff(from, to); diff != "" {
					t.Errorf("it failed, and something changed:\n%s", diff)
				}
			}
			// The file is as it was; to read it again is a change, too, and the
			// one that is kept for the next boot.
			if err := sut.WriteFile(product.ConfigFile, []byte(strings.Replace(one, "192.0.2.11", "192.0.2.13", 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			r := sut.Exec(t, "kresctl", "reload")
			t.Logf("reload: exit %d %s%s", r.Code, r.Stdout, r.Stderr)
			if r.Code != 0 && !strings.Contains(r.Stderr, c.words) {
				t.Errorf("reload does not say %q", c.words)
			}
			if s := sut.Status(t); s.State == "applying" || s.State == "stopped" {
				t.Errorf("state %s: %+v", s.State, s)
			}
			// Whoever manages without the disk manages also a start.
			sut.Must(t, "systemctl", "restart", "kresd-manager.service")
			observe(t)
			sut.Must(t, "sh", "-c", c.undo)
			// A mount that was read-only when the service began stays so for it.
			sut.Must(t, "systemctl", "restart", "kresd-manager.service")
			want := apply(t, one)
			if want.ETag != from.ETag {
				t.Errorf("the change leads to something else (-):\n%s", cmp.Diff(from, want))
			}
		})
	}
}
