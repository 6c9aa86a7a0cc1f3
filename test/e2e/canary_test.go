// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
)

// TestARefusedScriptHasNoEffect has a script that is refused in the end first do
// away with all that it can reach.
func TestARefusedScriptHasNoEffect(t *testing.T) {
	sut.Fresh(t, basic)
	list := func() string {
		return sut.Must(t, "sh", "-c", "cd / && find var/cache/knot-resolver run/knot-resolver/work run/knot-resolver/control -printf '%p %i %m\\n' | sort")
	}
	before, processes := list(), sut.PIDs(t)
	for _, script := range []string{
		`for _, f in ipairs({'data.mdb', 'lock.mdb', 'size', 'top'}) do os.remove('/var/cache/knot-resolver/' .. f) end; error('after all')`,
		`local f = io.open('/var/cache/knot-resolver/new', 'w'); if f then f:write('x'); f:close() end; error('after all')`,
		`cache.close(); pcall(cache.open, 16 * 1024 * 1024, 'lmdb:///var/cache/knot-resolver'); pcall(cache.clear); error('after all')`,
		`for _, f in ipairs({'data.mdb', 'lock.mdb'}) do os.remove('/run/knot-resolver/work/ruledb/' .. f) end; error('after all')`,
	} {
		sut.Refused(t, "/lua/script", `"`+strings.ReplaceAll(script, `"`, `\"`)+`"`, "after all")
		if after := list(); after != before {
			t.Errorf("%s\nfiles were\n%s\nand are\n%s", script, before, after)
		}
	}
	if after := sut.PIDs(t); after["kresd@1.service"] != processes["kresd@1.service"] {
		t.Error("a worker was restarted")
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

// TestScriptsSeeANumber has a script that was written for stock, whose instances
// all have numbers, and no two the same.
func TestScriptsSeeANumber(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Put(t, "/lua/script", `"local n = tonumber(worker.id); assert(n, 'no number'); assert(n == tonumber(os.getenv('SYSTEMD_INSTANCE')), 'two numbers'); assert(n <= 2, 'not ours')"`)
	sut.Refused(t, "/lua/script", `"error('this is ' .. worker.id)"`, "this is 0")
	sut.Put(t, "/lua/script", `"assert(tonumber(worker.id) ~= 0 or os.getenv('KRESD_NO_LISTEN'), 'a worker has the number of the canary')"`)
	sut.Expect(t, "host.example.", "192.0.2.1")
}
