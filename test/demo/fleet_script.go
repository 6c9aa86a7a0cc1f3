// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"kresd-manager/test/fleet"
)

// policyFile is the policy of the rollouts: a demo does not wait as long as an operator does.
const policyFile = `rings = ["ring=canary", "ring=second", "*"]
steps = ["100%"]
host-soak = "3s"
soak = "1s"
jitter = "0s"
`

// released are the commands that make, sign and publish a release.
func released(n int, sources string) string {
	return fmt.Sprintf(`kres-fleet release make -o r%[1]d --sequence %[1]d %[2]s
ssh-keygen -Y sign -q -n kres-fleet -f key r%[1]d/manifest
kres-fleet release publish r%[1]d`, n, sources)
}

// started is the command that begins its rollout: a release is named by the beginning of
// the digest of its manifest.
func started(n int, policy, why string) string {
	return fmt.Sprintf("kres-fleet rollout start --policy %s -m '%s' $(sha256sum r%d/manifest | cut -c-12)", policy, why, n)
}

// fleetScript is the demo of a fleet: one act after the other.
func fleetScript(f *fleet.Fleet) []act {
	const www = "kdig +short @127.0.0.1 www.example"
	const everyone = "ns1: 192.0.2.80\nns2: 192.0.2.80\nns3: 192.0.2.80\n"
	var workers processes
	always, later := &clients{f: f, name: "health.example"}, &clients{f: f, name: "www.example"}
	return []act{
		{
			title: "Three hosts, each with a resolver of its own, and an etcd on the first",
			at:    "ns1", command: fleet.StartEtcd,
		},
		{at: "ns2", command: "grep -v probe /etc/kres-fleet/kres-fleet.toml; cat /etc/knot-resolver/config.yaml", check: says("ring=second", "workers: 2")},
		{
			title: "Start agents and managers: the agent makes the file that releases go to",
			at:    everyHost, command: "systemctl start kres-fleet.service && systemctl start kresd-manager.service",
		},
		{
			at: workstation, command: "until [ $(kres-fleet hosts | grep -c ' yes ') = 3 ]; do sleep 0.2; done; kres-fleet hosts",
			check: count(3, " idle"),
		},
		{clients: always.begin},
		{
			title: "A good release: tried by all without changing anything, then one host after the other",
			at:    workstation,
			command: "cat >base.yaml <<'END'\n" + fleet.Base + "END\n" +
				"cat >policy.toml <<'END'\n" + policyFile + "END",
		},
		{at: workstation, command: released(1, "base.yaml"), check: says("is in the store")},
		{at: workstation, command: started(1, "policy.toml", "the web server"), check: says("has begun")},
		{at: workstation, command: "follow # prints what kres-fleet rollout status says, when that changes", check: says("done", "3 of 3 hosts have it")},
		{at: everyHost, command: www, check: exactly(everyone)},
		{clients: later.begin},
		{at: everyHost, command: "systemctl show -P MainPID kresd@1 kresd@2 | grep .", check: workers.seen(6 * 2)},
		{
			title: "One that the canary host refuses: one host has tried it, and no worker was touched",
			at:    workstation, command: `{ sed s/first/second/ base.yaml; echo "lua: {script: \"error('not today')\"}"; } >refused.yaml`,
		},
		{at: workstation, command: released(2, "refused.yaml")},
		{at: workstation, command: started(2, "policy.toml", "a script")},
		{at: workstation, command: "follow", exit: 3, check: says("reverted", "failed in the canary ring: ns1", "not today")},
		{at: workstation, command: "kres-fleet hosts", check: all(count(1, " failed"), count(2, " planned"))},
		{at: everyHost, command: "systemctl show -P MainPID kresd@1 kresd@2 | grep .", check: workers.same},
		{
			title: "One with which the second ring begins to SERVFAIL: all go back by themselves",
			at:    workstation,
			command: "sed s/first/third/ base.yaml >base3.yaml\n" +
				"sed 's/host-soak.*/host-soak = \"6s\" # a resolver asks in vain for four seconds/' policy.toml >longer.toml\n" +
				"cat >second.yaml <<'END' # in this ring www.example is to come from a server, and there is none\n" +
				"local-data: null\nforward: [{subtree: www.example, servers: [192.0.2.99]}]\nEND",
		},
		{at: workstation, command: released(3, "base3.yaml ring=second:second.yaml")},
		{at: workstation, command: started(3, "longer.toml", "a server for www in the second ring")},
		{at: workstation, command: "follow", exit: 3, check: says("1 of 3 hosts have it", "reverted", "ns2", "SERVFAIL")},
		{at: everyHost, command: www + "; kresctl config get -p /nsid", check: all(count(3, "192.0.2.80"), count(3, `: "first"`))},
		{clients: later.end(2)},
		{
			title: "etcd is killed in the middle of a rollout: no host begins, each keeps what it has, and DNS goes on",
			at:    workstation, command: "sed s/first/fourth/ base.yaml >base4.yaml\n" + released(4, "base4.yaml"),
		},
		{at: workstation, command: started(4, "policy.toml", "a name") + "\nuntil kres-fleet rollout status | grep -q ' 1 in flight'; do sleep 0.1; done"},
		{at: "ns1", command: "systemctl kill --signal=KILL etcd.service; sleep 8; pidof etcd", exit: 1, check: is()},
		{at: workstation, command: "kres-fleet rollout status", exit: 4, check: says("cannot use etcd at")},
		{at: everyHost, command: www + "; kresctl config get -p /nsid", check: all(count(3, "192.0.2.80"), count(2, `: "first"`), count(1, `: "fourth"`))},
		{at: "ns1", command: fleet.StartEtcd},
		{at: workstation, command: "follow", check: says("done", "3 of 3 hosts have it")},
		{at: everyHost, command: www + "; kresctl config get -p /nsid", check: all(count(3, "192.0.2.80"), count(3, `: "fourth"`))},
		{title: "What clients saw of all that", clients: always.end()},
		{at: workstation, command: "kres-fleet rollout history", check: all(count(2, " done "), count(2, " reverted "))},
	}
}
