// SPDX-License-Identifier: Apache-2.0

package units

import "fmt"

// Interrupts says in words what clients of the resolver notice while the plan
// is carried out, a sentence an element; none if they notice nothing.
func (p Plan) Interrupts() []string {
	var restarted, started, stopped int
	for _, s := range p.Steps {
		if _, worker := WorkerNumber(s.Unit); !worker {
			continue
		}
		switch s.Kind {
		case Restart:
			restarted++
		case Start:
			started++
		case Stop:
			stopped++
		}
	}
	var said []string
	if restarted > 0 {
		said = append(said, fmt.Sprintf(
			"%s restarted after finishing what it works on: no query over UDP is lost; clients with open TCP, TLS, HTTPS or QUIC connections to it connect anew",
			count(restarted, "worker is", "workers are each")))
	}
	if stopped > 0 && started == 0 && restarted == 0 { // otherwise a spare
		said = append(said, fmt.Sprintf("%s stopped after finishing what it works on", count(stopped, "worker is", "workers are each")))
	}
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

// count is a number with the word that goes with it.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
