// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/test/product"
)

func TestLogs(t *testing.T) {
	sut.Fresh(t, basic+"lua: {script: \"log('the script was here')\"}\n")
	product.Eventually(t, "the journal has the worker's words", func() bool {
		out := sut.Must(t, "setpriv", "--reuid=nobody", "--regid=nogroup", "--groups=knot-resolver", "kresctl", "logs", "-n", "1000", "kresd@1", "kresd-manager")
		return strings.Contains(out, " kresd@1 kresd: ") && strings.Contains(out, "the script was here") &&
			strings.Contains(out, " kresd-manager kresd-manager: ready") && !strings.Contains(out, " kresd@2 ")
	})
	// Who leaves takes the reader of the journal along.
	if r := sut.Exec(t, "curl", "-sN", "--max-time", "2", "--unix-socket", product.Socket, "http://localhost/v1/logs"); r.Code != 28 || !strings.Contains(r.Stdout, "event: log\ndata: {") {
		t.Errorf("%d %s", r.Code, r.Stdout)
	}
	product.Eventually(t, "no one reads the journal any more", func() bool { return sut.Exec(t, "pgrep", "-x", "journalctl").Code != 0 })
}

// Who follows is told when there is nothing more to follow, and that nothing of what
// was asked may have been a change.
func TestWhoFollowsIsToldOfTheEnd(t *testing.T) {
	sut.Fresh(t, basic)
	for _, end := range []struct {
		name string // in names of units, too
		by   []string
		says string
	}{
		{"end", []string{"systemctl", "restart", "kresd-manager.service"}, "kresd-manager ends, and this stream with it"},
		{"kill", []string{"systemctl", "kill", "--signal=KILL", "kresd-manager.service"}, "the connection was cut off in the middle of the answer\n"},
	} {
		events, logs := "events-until-"+end.name+".service", "logs-until-"+end.name+".service"
		followers := map[string][]string{events: {"events"}, logs: {"logs", "-f", "-n", "1"}}
		for unit, args := range followers {
			sut.Must(t, append([]string{"systemd-run", "--unit=" + unit, "kresctl"}, args...)...)
			t.Cleanup(func() { sut.Exec(t, "systemctl", "stop", unit); sut.Exec(t, "systemctl", "reset-failed", unit) })
		}
		for n := 0; ; n++ { // until both tell of a change, and so listen
			sut.Put(t, "/local-data/addresses/new.example", fmt.Sprintf(`"192.0.2.%d"`, 1+n%200))
			if strings.Contains(sut.Journal(t.Context(), events), "applied in") && strings.Contains(sut.Journal(t.Context(), logs), " kresd-manager kresd-manager: ") {
				break
			}
		}
		sut.Must(t, end.by...)
		for unit := range followers {
			product.Eventually(t, unit+" ends", func() bool { return sut.Show(t, unit, "ActiveState") == "failed" })
			said := sut.Journal(t.Context(), unit)
			if code := sut.Show(t, unit, "ExecMainStatus"); code != "4" || !strings.Contains(said, end.says) || strings.Contains(said, "may have been made") {
				t.Errorf("%s ends with %s: %s", unit, code, said)
			}
			sut.Must(t, "systemctl", "reset-failed", unit)
		}
		product.Eventually(t, "the manager is back", func() bool { return sut.Exec(t, "kresctl", "status").Code == 0 })
	}
}
