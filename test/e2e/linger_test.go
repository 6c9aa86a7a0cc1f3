// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"kresd-manager/test/doors"
)

// getOut asks logind for a user manager, finds it through /proc, where
// a process shows its files to others of the same user, and has it run a program.
const getOut = `
busctl call -- org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager SetUserLinger ubb $(id -u) true false || exit
for try in 1 2 3 4 5 6 7 8 9 10; do
	for p in /proc/[0-9]*; do
		bus=$p/root/run/user/$(id -u)/bus
		if [ -S $bus ]; then
			DBUS_SESSION_BUS_ADDRESS=unix:path=$bus busctl --user call -- org.freedesktop.systemd1 /org/freedesktop/systemd1 \
				org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' x.service replace 1 \
				ExecStart 'a(sasb)' 1 /bin/touch 2 /bin/touch /dev/shm/escaped false 0 && echo started
			exit
		fi
	done
	sleep 0.3
done
echo there is no bus`

// TestAWorkerStaysInItsSandbox has Lua in a worker try to leave it by a user
// manager.
func TestAWorkerStaysInItsSandbox(t *testing.T) {
	sut.Fresh(t, basic)
	tidy(t, "loginctl disable-linger knot-resolver; rm -f /dev/shm/escaped")
	script := base64.StdEncoding.EncodeToString([]byte(getOut))
	said, _ := eval(t, "1", fmt.Sprintf(
		"(function () local f = io.popen('echo %s | base64 -d | sh 2>&1'); local s = f:read('*a'); f:close(); return s end)()", script)).(string)
	if !strings.Contains(said, "Access denied") {
		t.Errorf("the worker is not refused a user manager: %s", said)
	}
	if r := sut.Exec(t, "test", "-e", "/var/lib/systemd/linger/"+doors.Worker); r.Code == 0 {
		t.Error("the worker lingers")
	}
	if r := sut.Exec(t, "test", "-e", "/dev/shm/escaped"); r.Code == 0 {
		t.Error("the worker ran a program outside of its sandbox")
	}
}
