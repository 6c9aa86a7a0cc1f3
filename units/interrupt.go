// SPDX-License-Identifier: Apache-2.0

package units

import "fmt"

// Interrupts says in words what clients of the resolver notice while the plan
// is carried out, a sentence an element; none if they notice nothing. A worker
// that is stopped ends the connections of its clients as one that is restarted
// does, be it a spare one to which they connected meanwhile. A worker that comes
// interrupts no one.
func (p Plan) Interrupts() []string {
	started := map[string]bool{}
	var restarted, stopped, spare int
	for _, s := range p.Steps {
		if _, worker := WorkerNumber(s.Unit); !worker {
			continue
		}
		switch s.Kind {
		case Restart:
			restarted++
		case Start:
			started[s.Unit] = true
		case Stop:
			if started[s.Unit] {
				spare++
			} else {
				stopped++
			}
		}
	}
	var said []string
	say := func(n int, one, many string) {
		what, it, them := one, "it works", "it"
		if n > 1 {
			what, it, them = fmt.Sprintf("%d %s", n, many), "they work", "them"
		}
		if n > 0 {
			said = append(said, fmt.Sprintf(
				"%s after finishing what %s on: no query over UDP is lost; clients with open TCP, TLS, HTTPS or QUIC connections to %s reconnect", what, it, them))
		}
	}
	say(restarted, "1 worker is restarted", "workers are each restarted")
	say(spare, "the worker that serves meanwhile is stopped", "workers that serve meanwhile are stopped")
	say(stopped, "1 worker is stopped", "workers are each stopped")
	for _, s := range p.Steps {
		if name, ok := ComponentName(s.Unit); ok && (s.Kind == Restart || s.Kind == Stop) {
			what := "restarted"
			if s.Kind == Stop {
				what = "stopped"
			}
			said = append(said, fmt.Sprintf("component %s is %s", name, what))
		}
	}
	return said
}
