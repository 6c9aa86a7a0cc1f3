// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// systemd changes owner and mode of the API socket by its path.
func TestNoOneCanHaveSystemdChangeAFileInPlaceOfTheSocket(t *testing.T) {
	for _, u := range attackers {
		t.Run(u.name, func(t *testing.T) {
			sut.Fresh(t, basic)
			state := victim(t, "/etc/victim")
			bound := 0
			u.attack(t, func() {
				for range 20 {
					sut.Exec(t, "systemctl", "reset-failed", "kresd-manager.socket", "kresd-manager.service")
					sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
					// The manager's user may be there first: then there is no API.
					if sut.Exec(t, "systemctl", "start", "kresd-manager.socket").Code == 0 {
						bound++
					}
				}
			}, "python3", "-c", swap, "/run/knot-resolver/kres-api.sock", "/etc/victim")
			if got := state(); got != "root:root 600" {
				t.Errorf("a file of root's is now %s", got)
			}
			if bound == 0 {
				t.Error("the socket was never bound, so that this test has tested nothing")
			}
			sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
			sut.Must(t, "systemctl", "start", "kresd-manager.socket")
			if got := strings.TrimSpace(sut.Must(t, "stat", "--format=%F %U:%G %a", "/run/knot-resolver/kres-api.sock")); got != "socket root:knot-resolver 660" {
				t.Errorf("the socket is %s", got)
			}
			if code := sut.Call(t, "GET", "/v1/status", "").Code; code != 200 {
				t.Errorf("the API answers %d", code)
			}
		})
	}
}

// The manager changes the mode of a socket that it opens itself: also where the
// configuration puts it into a directory of the workers, nothing else of the
// manager's changes.
func TestNoWorkerCanHaveTheManagerChangeAFileInPlaceOfItsSocket(t *testing.T) {
	const path = "/run/knot-resolver/control/api.sock"
	sut.Fresh(t, basic+"management: {unix-socket: "+path+"}\n")
	const files = "stat --dereference --format='%n %U %a' /run/kresd-manager/worker/worker.lua /run/kresd-manager/tls-ticket-secret /var/lib/kresd-manager/boot/worker.lua"
	product.Eventually(t, "the last good configuration is kept, which is after the start", func() bool {
		return sut.Exec(t, "test", "-e", "/var/lib/kresd-manager/boot/worker.lua").Code == 0
	})
	before := sut.Must(t, "sh", "-c", files)
	for _, target := range []string{"/run/kresd-manager/worker/worker.lua", "/run/kresd-manager/tls-ticket-secret"} {
		u := attackers[0]
		u.attack(t, func() {
			for range 10 {
				// It may find something else at the path, and then refuses to start.
				sut.Exec(t, "systemctl", "reset-failed", "kresd-manager.service")
				sut.Exec(t, "systemctl", "restart", "kresd-manager.service")
			}
		}, "python3", "-c", swap, path, target)
		if after := sut.Must(t, "sh", "-c", files); after != before {
			t.Errorf("files of the manager's were changed from\n%sto\n%s", before, after)
		}
	}
	sut.Must(t, "rm", "-f", path)
	sut.Must(t, "systemctl", "reset-failed", "kresd-manager.service")
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	if got := strings.TrimSpace(sut.Must(t, "stat", "--format=%F %U:%G %a", path)); got != "socket kresd-manager:knot-resolver 660" {
		t.Errorf("the manager's own socket is %s", got)
	}
}

// What a stock service has left belonged to the workers' user, who may have
// prepared it: a link in place of every folder, and rights of its own.
func TestAPreparedRunDirectoryIsNotUsed(t *testing.T) {
	sut.Wipe(t)
	sut.WriteConfig(t, basic)
	state := victim(t, "/etc/victim")
	sut.Must(t, "sh", "-ec", `
		rm -rf /run/knot-resolver /run/kresd-manager.rundir
		mkdir -m 0750 /etc/other /run/knot-resolver
		chown knot-resolver: /run/knot-resolver
		setpriv --reuid=knot-resolver --regid=knot-resolver --clear-groups sh -c '
			cd /run/knot-resolver
			for n in control work .lock; do ln -s /etc/other $n; done
			ln -s /etc/victim kres-api.sock
			ln -s /proc/1/root .kresd-manager
			touch supervisord.conf'`)
	tidy(t, "rm -rf /etc/other")
	sut.Must(t, "systemctl", "start", "kresd-manager.service")
	sut.Expect(t, "host.example.", "192.0.2.1")
	if got := state(); got != "root:root 600" {
		t.Errorf("a file of root's is now %s", got)
	}
	if got := sut.Must(t, "sh", "-c", "ls -A /etc/other; stat --format='%U:%G %a' /etc/other"); got != "root:root 750\n" {
		t.Errorf("the folder that links led to is %s", got)
	}
	for path, want := range map[string]string{
		"/run/knot-resolver":               "directory root:kresd-manager 1775",
		"/run/knot-resolver/control":       "directory knot-resolver:knot-resolver 770",
		"/run/knot-resolver/work":          "directory knot-resolver:knot-resolver 750",
		"/run/knot-resolver/.lock":         "regular empty file root:kresd-manager 660",
		"/run/knot-resolver/kres-api.sock": "socket root:knot-resolver 660",
	} {
		if got := strings.TrimSpace(sut.Must(t, "stat", "--format=%F %U:%G %a", path)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

// Some packages of Knot Resolver have a line of tmpfiles.d(5) that gives the run
// directory to its user: at boot, and whenever the package is upgraded.
func TestAnotherPackageDoesNotGiveTheRunDirectoryAway(t *testing.T) {
	sut.Fresh(t, basic)
	const theirs = "/usr/lib/tmpfiles.d/knot-resolver.conf"
	sut.Must(t, "sh", "-c", "echo 'd /run/knot-resolver 0750 knot-resolver knot-resolver -' >"+theirs)
	tidy(t, "rm -f "+theirs)
	before := sut.PIDs(t)
	for _, args := range [][]string{{"knot-resolver.conf"}, {"--boot"}, {}} {
		sut.Exec(t, append([]string{"systemd-tmpfiles", "--create"}, args...)...)
		if got := strings.TrimSpace(sut.Must(t, "stat", "--format=%U:%G %a", "/run/knot-resolver")); got != "root:kresd-manager 1775" {
			t.Errorf("after systemd-tmpfiles --create %s the run directory is %s", strings.Join(args, " "), got)
		}
	}
	sut.Put(t, "/nsid", `"x"`)
	if len(sut.PIDs(t)) != len(before) {
		t.Error("the workers do not run")
	}
}
