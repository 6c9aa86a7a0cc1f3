// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// Files that rules come from, one of which fails.

const (
	listsFile = "/etc/knot-resolver/list.hosts"
	zoneFile  = "/etc/knot-resolver/block.rpz"
	badHosts  = "192.0.2.9 good.example\nnonsense bad.example\n"
	goodZone  = "$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\n%s CNAME .\n"
	badZone   = "$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\nwrong.example CNAME\n"
)

// guarded has rules that need no file, and two that do. Clients of 127.0.0.8 are
// refused.
const guarded = basic + `
  rules: [{name: refused.example, subtree: nxdomain}]
  addresses-files: [` + listsFile + `]
  rpz: [{file: ` + zoneFile + `}]
views: [{subnets: [127.0.0.8/32], answer: refused}]
`

func writeLists(t *testing.T, hosts, zone string) {
	t.Helper()
	sut.Must(t, "rm", "-rf", listsFile, zoneFile)
	writeFile(t, listsFile, hosts)
	writeFile(t, zoneFile, zone)
}

// refusedClient says what a client is answered that must be refused.
func refusedClient(t *testing.T) string {
	t.Helper()
	q := new(dns.Msg).SetQuestion("host.example.", dns.TypeA)
	c := dns.Client{Timeout: 2 * time.Second, Dialer: &net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 8)}}}
	got := ""
	if err := sut.InNetNS(func() error {
		in, _, err := c.Exchange(q, "127.0.0.1:53")
		if err == nil {
			got = dns.RcodeToString[in.Rcode]
		}
		return err
	}); err != nil {
		return err.Error()
	}
	return got
}

// guards fails the test unless the rules that need no file are in force.
func guards(t *testing.T, when string) {
	t.Helper()
	sut.Expect(t, "host.example.", "192.0.2.1")
	if got := ask(t, "udp", "refused.example", dns.TypeA); got != "NXDOMAIN" {
		t.Errorf("%s: the blocked name is %s", when, got)
	}
	if got := refusedClient(t); got != "REFUSED" {
		t.Errorf("%s: the client that is to be refused is answered %s", when, got)
	}
}

// degraded are the files that status reports, with what it says.
func degraded(t *testing.T) map[string]string {
	t.Helper()
	s := sut.Status(t)
	found := map[string]string{}
	for _, in := range s.Inputs {
		if in.State == units.InputDegraded {
			found[in.Path] = fmt.Sprint(s.Problems)
		}
	}
	if s.State != "applying" && (len(found) > 0) != (s.State == "degraded") {
		t.Errorf("the state is %s with %d degraded files", s.State, len(found))
	}
	return found
}

func TestAListThatFailsAtAStartCostsItsOwnRulesAlone(t *testing.T) {
	writeLists(t, badHosts, fmt.Sprintf(goodZone, "blocked.example"))
	sut.Fresh(t, guarded)
	guards(t, "after a start")
	if got := ask(t, "udp", "blocked.example", dns.TypeA); got != "NXDOMAIN" {
		t.Errorf("what the good list blocks is %s", got)
	}
	if got := degraded(t); len(got) != 1 || !strings.Contains(got[listsFile], listsFile+":2: invalid syntax; its rules are not in force") {
		t.Errorf("status tells of %v", got)
	}
	if out := sut.Exec(t, "kresctl", "status").Stdout; !strings.Contains(out, "degraded: "+listsFile+":2: invalid syntax") {
		t.Errorf("kresctl status:\n%s", out)
	}
	if log := sut.Journal(t.Context(), "kres-policy-loader.service"); !strings.Contains(log, "/local-data/addresses-files/0: "+listsFile+":2: invalid syntax; its rules are not in force") {
		t.Errorf("the journal of the policy-loader:\n%s", log)
	}
	if text := sut.Show(t, "kres-policy-loader", "StatusText"); !strings.HasSuffix(text, ", 1 source degraded") {
		t.Errorf("the policy-loader says %q", text)
	}
	if r := sut.Exec(t, "kresctl", "doctor"); r.Code != 1 || !strings.Contains(r.Stdout, "sources: degraded: hosts file "+listsFile+": "+listsFile+":2: invalid syntax") {
		t.Errorf("doctor: exit %d\n%s", r.Code, r.Stdout)
	}
	// A hosts file has no watchdog; one that is degraded is watched.
	writeFile(t, listsFile, "192.0.2.9 listed.example\n")
	product.Eventually(t, "the list is loaded by itself", func() bool {
		got, err := sut.Query("udp", "listed.example.", 5*time.Second)
		return err == nil && slices.Equal(got, []string{"192.0.2.9"})
	})
	product.Eventually(t, "all is well", func() bool { return sut.Status(t).State == "running" && len(degraded(t)) == 0 })
	guards(t, "after the list was fixed")
}

func TestABrokenListHoldsNoOtherChangeHostage(t *testing.T) {
	writeLists(t, "192.0.2.9 listed.example\n", fmt.Sprintf(goodZone, "blocked.example"))
	sut.Fresh(t, strings.Replace(guarded, zoneFile, zoneFile+", watchdog: false", 1))
	writeLists(t, badHosts, badZone)
	a := sut.Call(t, "PUT", "/v1/config/local-data/addresses/more.example", `"192.0.2.7"`, "Accept", "application/json")
	for _, want := range []string{listsFile + ":2: invalid syntax; the copy of ", zoneFile + ":3: "} {
		if a.Code != 200 || !strings.Contains(a.Body, want) {
			t.Errorf("a change of something else: %d, without %q\n%s", a.Code, want, a.Body)
		}
	}
	sut.Expect(t, "more.example.", "192.0.2.7")
	sut.Expect(t, "listed.example.", "192.0.2.9") // from the copy
	if got := ask(t, "udp", "blocked.example", dns.TypeA); got != "NXDOMAIN" {
		t.Errorf("what the copy blocks is %s", got)
	}
	guards(t, "with two broken lists")

	// A reload goes on with what was told, and says it again.
	if out := sut.Must(t, "kresctl", "reload"); strings.Count(out, "degraded: ") != 2 {
		t.Errorf("reload:\n%s", out)
	}
	sut.Must(t, "systemctl", "reload", "kresd-manager")

	// One that has changed since is refused, and once.
	writeFile(t, listsFile, "# changed\n"+badHosts)
	r := sut.Exec(t, "systemctl", "reload", "kresd-manager")
	if log := sut.Journal(t.Context(), "kresd-manager.service"); r.Code == 0 || !strings.Contains(log, listsFile+":3: invalid syntax") || strings.Contains(log, "could not be restored") {
		t.Errorf("reload of a list that is broken in another way: exit %d\n%s", r.Code, log)
	}
	guards(t, "after a refused reload")
	sut.Expect(t, "listed.example.", "192.0.2.9")
	sut.Must(t, "systemctl", "reload", "kresd-manager")

	// A change that names a broken one is refused.
	writeFile(t, "/etc/knot-resolver/other.hosts", badHosts)
	sut.Refused(t, "/local-data/rules/-", `{"file": "/etc/knot-resolver/other.hosts"}`, "/etc/knot-resolver/other.hosts:2: invalid syntax")
	guards(t, "after a refused change")

	writeLists(t, "192.0.2.10 listed.example\n", fmt.Sprintf(goodZone, "blocked.example"))
	sut.Must(t, "systemctl", "reload", "kresd-manager")
	sut.Expect(t, "listed.example.", "192.0.2.10")
	if got := degraded(t); len(got) != 0 {
		t.Errorf("after all was fixed status tells of %v", got)
	}
}

// bare empties the rule database and kills the workers.
func bare(t *testing.T) {
	t.Helper()
	sut.Must(t, "sh", "-c", "rm -rf /run/knot-resolver/work/* && systemctl kill --signal=KILL kresd@1.service kresd@2.service")
}

// serveAnew waits until two other workers than these serve.
func serveAnew(t *testing.T, before map[string]int) {
	t.Helper()
	product.Eventually(t, "both workers serve again", func() bool {
		now := sut.PIDs(t)
		for n := 1; n <= 2; n++ {
			unit := units.Worker(n)
			if now[unit] == 0 || now[unit] == before[unit] || sut.Exec(t, "systemctl", "is-active", "--quiet", unit).Code != 0 {
				return false
			}
		}
		return true
	})
}

func TestAWorkerDoesNotServeWithoutRules(t *testing.T) {
	writeLists(t, "192.0.2.9 listed.example\n", fmt.Sprintf(goodZone, "blocked.example"))
	sut.Fresh(t, guarded)
	sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
	loader := sut.Show(t, "kres-policy-loader", "InvocationID")
	sut.Must(t, "sh", "-c", "echo kaputt >"+listsFile)

	// Both at once: one of them loads the rules.
	before := sut.PIDs(t)
	bare(t)
	serveAnew(t, before)
	guards(t, "after the rule database was emptied and the workers died")
	sut.Expect(t, "listed.example.", "192.0.2.9") // from the copy
	if sut.Show(t, "kres-policy-loader", "InvocationID") != loader {
		t.Error("the policy-loader was run, and nothing is proven")
	}

	// What has no file cannot be loaded: none serves.
	sut.Must(t, "sh", "-c", "d=$(readlink -f /run/kresd-manager/policy-loader); mv $d/policy-loader.lua $d/away")
	bare(t)
	product.Eventually(t, "a worker says why it does not serve", func() bool {
		return strings.Contains(sut.Journal(t.Context(), "kresd@1.service"), "no rules are loaded, and this worker does not serve without them")
	})
	for range 20 {
		if got, err := sut.Query("udp", "host.example.", 5*time.Second); err == nil || strings.Contains(err.Error(), "response code") {
			t.Fatalf("without rules it answers: %v %v", got, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	sut.Must(t, "sh", "-c", "d=$(readlink -f /run/kresd-manager/policy-loader); mv $d/away $d/policy-loader.lua")
	product.Eventually(t, "a worker serves again", func() bool { return sut.Exec(t, "systemctl", "is-active", "--quiet", "kresd@1.service").Code == 0 })
	guards(t, "when they can be loaded again")
}

// What a source cannot do: have its rules loaded in part, keep the loader waiting,
// pass for a list, or be read twice in the middle of which kresd ends.
func TestSourcesOfEveryKindThatFail(t *testing.T) {
	writeLists(t, "192.0.2.9 listed.example\n", fmt.Sprintf(goodZone, "blocked.example"))
	writeFile(t, "/etc/knot-resolver/policy.lua", "assert(C.kr_rule_local_address('lua.example', '192.0.2.30', true, 60, 0, C.KR_RULE_OPTS_DEFAULT) == 0)\n")
	sut.Fresh(t, guarded+"lua: {policy-script-file: /etc/knot-resolver/policy.lua}\n")
	sut.Expect(t, "lua.example.", "192.0.2.30")
	for _, c := range []struct{ name, script, words string }{
		{"a part of it is good", "printf '192.0.2.66 partly.example\\nnonsense x\\n' >" + listsFile, listsFile + ":2: invalid syntax"},
		{"a directory", "rm " + listsFile + "; mkdir " + listsFile, listsFile + ": it is not a regular file"},
		{"a FIFO", "rmdir " + listsFile + "; mkfifo " + listsFile, listsFile + ": it is not a regular file"},
		{"nothing", "rm " + listsFile, listsFile + ": No such file or directory"},
		{"unreadable", "echo 192.0.2.66 partly.example >" + listsFile + "; chmod 0600 " + listsFile, listsFile + ": Permission denied"},
		{"a loop of links", "rm " + listsFile + "; ln -s list.hosts " + listsFile, listsFile + ": Too many levels of symbolic links"},
		{"Lua that fails", "rm " + listsFile + "; echo 192.0.2.9 listed.example >" + listsFile + "; echo 'local x = nil + 1' >/etc/knot-resolver/policy.lua", "/etc/knot-resolver/policy.lua:1: attempt to perform arithmetic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sut.Must(t, "sh", "-c", c.script)
			sut.Must(t, "systemctl", "restart", "kres-policy-loader.service")
			before := sut.PIDs(t)
			sut.Must(t, "systemctl", "kill", "--signal=KILL", "kresd@1.service", "kresd@2.service")
			serveAnew(t, before)
			guards(t, c.name)
			sut.Expect(t, "listed.example.", "192.0.2.9")
			sut.Expect(t, "lua.example.", "192.0.2.30")
			if got := ask(t, "udp", "partly.example", dns.TypeA); strings.Contains(got, "192.0.2.66") {
				t.Error("a list is loaded in part")
			}
			if report := sut.Must(t, "cat", "/run/knot-resolver/work/sources"); !strings.Contains(report, c.words) {
				t.Errorf("the report does not say %q:\n%s", c.words, report)
			}
		})
	}
}
