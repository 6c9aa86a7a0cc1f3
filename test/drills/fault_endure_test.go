// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// held is what the manager holds of the system.
type held struct{ files, threads, rules int }

func heldBy(t *testing.T) held {
	t.Helper()
	pid := sut.Show(t, "kresd-manager.service", "MainPID")
	count := func(dir string) int {
		return len(strings.Fields(sut.Must(t, "ls", "/proc/"+pid+"/"+dir)))
	}
	// Of all connections to the bus; no one but the manager asks for our units.
	out := sut.Must(t, "busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats", "GetAllMatchRules")
	rules := strings.Count(out, "/org/freedesktop/systemd1/unit/kres")
	if rules == 0 {
		t.Errorf("there are no match rules: %s", out)
	}
	return held{count("fd"), count("task"), rules}
}

// TestManyChangesLeaveNothingBehind makes many changes in a row.
func TestManyChangesLeaveNothingBehind(t *testing.T) {
	sut.Fresh(t, three)
	change := func(n int) {
		t.Helper()
		for i := range n {
			sut.Put(t, "/local-data/addresses/n.example", strconv.Quote(fmt.Sprintf("192.0.2.%d", i%200+1)))
		}
		sut.Put(t, "/workers", "4") // units come and go
		sut.Put(t, "/workers", "3")
	}
	change(5)
	before := heldBy(t)
	began := time.Now()
	change(25)
	t.Logf("25 changes take %s", time.Since(began).Round(time.Millisecond))
	after := heldBy(t)
	t.Logf("before %+v, after %+v", before, after)
	if after.files > before.files+2 || after.threads > before.threads+4 || after.rules > before.rules {
		t.Errorf("the manager held %+v before and holds %+v after 25 changes", before, after)
	}
}
