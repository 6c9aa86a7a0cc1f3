// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"
)

// policy has everything as in truth, in less time: a host must see for longer what it does
// than a resolver asks in vain, which are four seconds.
const policy = `rings = ["ring=canary", "*"]
steps = ["100%"]
host-soak = "SOAKs"
soak = "0s"
jitter = "0s"
`

// proof is a fleet in which every host is asked.
type proof struct {
	*Fleet
	t *testing.T
	n int // rollouts so far
}

func (p *proof) must(script string) string {
	p.t.Helper()
	r := p.Workstation(p.t.Context(), "set -e; "+script)
	if r.Code != 0 {
		p.t.Fatalf("%s: exit %d\n%s%s", script, r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// roll rolls a release that each host tries for some seconds, and returns how that went, with the exit status of kres-fleet.
func (p *proof) roll(seconds int, text string) (said string, code int) {
	p.t.Helper()
	p.n++
	p.must(fmt.Sprintf("cat >policy.toml <<'X'\n%sX\ncat >base.yaml <<'X'\n%sX\n", strings.Replace(policy, "SOAK", strconv.Itoa(seconds), 1), text) + fmt.Sprintf(`
		kres-fleet release make -o r%[1]d --sequence %[1]d base.yaml
		ssh-keygen -Y sign -q -n kres-fleet -f key r%[1]d/manifest
		kres-fleet release publish r%[1]d
		kres-fleet rollout start --policy policy.toml $(sha256sum r%[1]d/manifest | cut -c-12)`, p.n))
	began := time.Now()
	r := p.Workstation(p.t.Context(), "follow")
	p.t.Logf("%v\n%s", time.Since(began).Round(100*time.Millisecond), r.Stdout)
	return r.Stdout, r.Code
}

// TestAFleetLosesNothing: hosts under 2,000 questions a second each go through a whole
// rollout, with a restart of every worker, and no one misses an answer. A release that
// cannot answer what it could ends at the canary host.
func TestAFleetLosesNothing(t *testing.T) {
	const hosts, qps = 5, 2000
	f, err := Boot(t.Context(), t.TempDir(), hosts, t.Logf)
	t.Cleanup(func() {
		if t.Failed() && f.enter != nil {
			t.Log(f.Journal(context.Background()))
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	if err == nil {
		err = f.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	machine.Alone(t)
	p := &proof{Fleet: f, t: t}
	var asked []Traffic
	for i := range hosts {
		asked = append(asked, Traffic{i + 1, "health.example.", qps})
	}
	stop := f.Ask(t.Context(), asked...)

	if said, code := p.roll(2, Base); code != 0 || !strings.Contains(said, "5 of 5 hosts have it") {
		t.Errorf("exit %d", code)
	}
	pids := make([]string, hosts)
	for i, m := range f.Hosts {
		r := m.Sh(t.Context(), "kdig +short @127.0.0.1 www.example; kdig +nsid @127.0.0.1 health.example | grep -c '\"first'; systemctl show -P MainPID 'kresd@*'")
		if pids[i], _ = strings.CutPrefix(r.Stdout, "192.0.2.80\n1\n"); pids[i] == r.Stdout {
			t.Errorf("ns%d: %s%s", i+1, r.Stdout, r.Stderr)
		}
	}

	more := f.Ask(t.Context(), Traffic{1, "www.example.", qps / 5})
	said, code := p.roll(6, "nsid: second\nforward: [{subtree: www.example, servers: [192.0.2.99]}]\n")
	if code != 3 || !strings.Contains(said, "failed in the canary ring: ns1") || !strings.Contains(said, "SERVFAIL") {
		t.Errorf("exit %d", code)
	}
	harmed, err := more()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("what the canary host could not answer: %v", harmed[0])
	reports, err := stop()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		t.Logf("ns%d: %v", i+1, r)
		if r.Answered != r.Sent || r.Sent < 10*qps {
			t.Errorf("ns%d: of %d questions %d have the right answer", i+1, r.Sent, r.Answered)
		}
		now := f.Hosts[i].Sh(t.Context(), "kdig +short @127.0.0.1 www.example; systemctl show -P MainPID 'kresd@*'")
		if i > 0 && now.Stdout != "192.0.2.80\n"+pids[i] {
			t.Errorf("ns%d was touched: %s", i+1, now.Stdout)
		}
	}
	for i, m := range f.Hosts {
		// What an agent keeps while nothing is rolled: connections are to etcd alone.
		r := m.Sh(t.Context(), `pid=$(systemctl show -P MainPID kres-fleet.service)
			awk '/^(VmRSS|RssAnon):/ { print $2 }' /proc/$pid/status; ss -Hxp state connected | grep -c "pid=$pid,.*kres-api" || true`)
		t.Logf("the agent of ns%d: kB of memory, of that its own, connections to the manager: %s", i+1, strings.Join(strings.Fields(r.Stdout), ", "))
	}
	if now := f.Hosts[0].Sh(t.Context(), "kdig +short @127.0.0.1 www.example").Stdout; now != "192.0.2.80\n" {
		t.Errorf("ns1 has not gone back: %s", now)
	}
}
