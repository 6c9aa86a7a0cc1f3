// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strconv"
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// systemd reads nothing that the manager can write: a file is not shown to it, and
// a FIFO does not hold PID 1.
func TestNoOneCanHaveSystemdReadAFile(t *testing.T) {
	sut.Fresh(t, basic)
	victim(t, "/etc/victim")
	manager := attackers[2]
	for _, c := range []struct{ name, put, says string }{
		{"a file of root's", "ln -s /etc/victim $1", "permission denied"},
		{"a FIFO", "mkfifo -m 666 $1", ""},
		{"nothing", "true", "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Must(t, "systemctl", "start", "kres-gc.service")
			sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
			sut.Must(t, manager.command(t, "sh", "-ec", `
				rm -rf /run/kresd-manager/trap; mkdir -m 0755 /run/kresd-manager/trap
				for f in gc.json gc.env; do set -- /run/kresd-manager/trap/$f; `+c.put+`; done
				ln -sfn trap /run/kresd-manager/cache-gc`)...)
			began := strings.TrimSpace(sut.Must(t, "date", "+%s.%N"))
			sut.Must(t, "timeout", "20", "systemctl", "--no-block", "restart", "kres-gc.service")
			// PID 1 answers, and starts other things.
			sut.Must(t, "timeout", "20", "systemd-run", "--wait", "--quiet", "true")
			words := func() string {
				return sut.Must(t, "journalctl", "--quiet", "--no-pager", "--output=cat", "--since=@"+began)
			}
			product.Eventually(t, "the unit says why it does not run", func() bool { return strings.Contains(words(), c.says) })
			if strings.Contains(words(), "secret") {
				t.Errorf("what root alone may read is in the journal:\n%s", words())
			}
			sut.Must(t, "timeout", "20", "systemctl", "stop", "kres-gc.service")
		})
	}
}

// A link to where systemd itself has to answer would hold it for ever, if it
// looked: no condition of a unit asks for what our users can make.
func TestNoConditionCanBeMadeToHoldSystemd(t *testing.T) {
	sut.Fresh(t, basic)
	for _, u := range []asUser{attackers[0], attackers[2]} {
		for i, name := range []string{"supervisord.conf", ".kresd-manager", "control/1", "control/9", "work/x"} {
			sut.Exec(t, u.command(t, "ln", "-sfn", "/etc/victim"+strconv.Itoa(i), "/run/knot-resolver/"+name)...)
		}
	}
	sut.Must(t, "systemctl", "restart", "kresd-manager.socket", "kresd-manager.service")
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %s", s.State)
	}
	if out := sut.Exec(t, "systemctl", "start", "knot-resolver.service"); out.Code == 0 || strings.TrimSpace(sut.Exec(t, "systemctl", "is-active", "knot-resolver.service").Stdout) == "active" {
		t.Error("the stock service starts beside workers that serve")
	}
	if got := sut.Show(t, "knot-resolver.service", "AssertResult"); got != "no" {
		t.Errorf("the stock service was refused for another reason: its assertion is %q", got)
	}
}
