// SPDX-License-Identifier: Apache-2.0

package main

// script is the demo: one act after the other.
func script() []act {
	const pids = "pidof kresd"
	var workers processes
	return []act{
		{
			title:   "The configuration, as Knot Resolver 6 has it",
			command: "cat /etc/knot-resolver/config.yaml",
			check:   says("workers: 2"),
		},
		{
			title:   "Start: the manager turns it into units",
			command: "systemctl enable --now --quiet kresd-manager.service; sleep 1", // the collector comes after the workers
		},
		{
			command: "systemctl list-units --plain --no-legend 'kres*'",
			check: all(says("kresd-manager.service ", "kres-policy-loader.service loaded active exited", "kresd.target"),
				count(2, "running Knot Resolver worker")),
		},
		{
			command: "kresctl status",
			check:   all(says("● running · 2 workers serve", "kresd@1 ", "kresd@2 ", "start", " steps"), count(4, " current ")),
		},
		{
			title:   "No root: two users; the manager has no capability, a worker only that of binding port 53",
			command: "ps -o user:14,pid,ppid,args -C kresd-manager,kresd",
			check:   all(count(3, " 1 /usr/"), count(2, "\nknot-resolver "), count(1, "\nkresd-manager "), count(0, "root ")),
		},
		{
			command: "grep -H CapEff $(printf '/proc/%d/status ' $(pidof kresd-manager kresd))",
			check:   all(count(1, "\t0000000000000000\n"), count(2, "\t0000000000000400\n")),
		},
		{
			title:   "It answers, over UDP and over TLS",
			command: "kdig +short @127.0.0.1 printer.home; kdig +short +tls @127.0.0.1 printer.home",
			check:   is("192.0.2.7", "192.0.2.7"),
		},
		{command: pids, check: workers.seen(2)},
		{
			title: "A change through the API, and the plan it was: new rules, no restart",
			command: `curl -s --unix-socket /run/knot-resolver/kres-api.sock -X PUT --json '"192.0.2.8"' \
  localhost/v1/config/local-data/addresses/printer.home | jq -c '.cause, .plan.steps[], {took}'`,
			check: all(says(`"kind":"load"`), count(2, `"kind":"reset"`), count(0, "restart")),
		},
		{
			command: "kdig +short @127.0.0.1 printer.home; " + pids,
			check: func(output string) error {
				const address = "192.0.2.8\n"
				if err := says(address)(output); err != nil {
					return err
				}
				return workers.same(output[len(address):])
			},
		},
		{
			title:   "A change that needs a restart: a canary tries it, then one worker after the other",
			command: "kresctl config set -p /nsid demo",
			check:   all(says("try the new configuration with a canary", "restart workers 1, 2, one at a time", "applied in")),
		},
		{
			command: "kdig +nsid @127.0.0.1 printer.home | grep -e NSID -e 192",
			check:   says(`"demo`, "192.0.2.8"),
		},
		{
			title: "60 questions while that happens once more: none is lost",
			command: `kresctl config set --quiet -p /nsid again &
for i in {1..60}; do kdig +short +time=1 +retry=0 @127.0.0.1 printer.home; done | sort | uniq -c; wait`,
			check: is("60", "192.0.2.8"),
		},
		{command: pids, check: workers.renewed},
		{
			title:   "A change that is wrong is refused, with the reason; nothing was touched",
			command: "kresctl config set -p /workers many",
			exit:    1,
			check:   says("/workers", "many"),
		},
		{
			command: `kresctl config set -p /lua/script 'error("no such thing")'`,
			exit:    1,
			check:   says("/lua/script:1: no such thing"),
		},
		{
			command: "kdig +short @127.0.0.1 printer.home",
			check:   is("192.0.2.8"),
		},
		{command: pids, check: workers.same},
		{
			title:   "The manager is not needed for DNS: stop it, and it still answers",
			command: "systemctl stop kresd-manager.socket kresd-manager.service; systemctl is-active kresd-manager.service",
			exit:    3, // systemctl(1): the unit is not active
			check:   is("inactive"),
		},
		{
			command: "kdig +short @127.0.0.1 printer.home",
			check:   is("192.0.2.8"),
		},
		{
			title:   "Start it again: it adopts what runs",
			command: "systemctl start kresd-manager.service && kresctl status | head -n 4",
			check:   says("● running · ", "what ran before"),
		},
		{command: pids, check: workers.same},
	}
}
