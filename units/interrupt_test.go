// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"
)

func TestAPlanTellsWhatItInterrupts(t *testing.T) {
	for _, c := range []struct {
		name string
		live Live
		want Desired
		says string // "" for nothing
	}{
		{"rules interrupt no one", system(t, "1 active w\n2 active w\nrules active r"),
			Desired{Workers: 2, WorkerHash: "w", RulesHash: "r2"}, ""},
		{"more workers interrupt no one", system(t, "1 active w\nrules active r"),
			Desired{Workers: 3, WorkerHash: "w", RulesHash: "r"}, ""},
		{"a roll", system(t, "1 active w\n2 active w\nrules active r"),
			Desired{Workers: 2, WorkerHash: "w2", RulesHash: "r"}, "2 workers are each restarted"},
		{"one worker and its spare", system(t, "1 active w\nrules active r"),
			Desired{Workers: 1, WorkerHash: "w2", RulesHash: "r"}, "1 worker is restarted"},
		{"one worker and its spare, to which clients connect meanwhile", system(t, "1 active w\nrules active r"),
			Desired{Workers: 1, WorkerHash: "w2", RulesHash: "r"}, "the worker that serves meanwhile is stopped after finishing what it works on: no query over UDP is lost; clients with open TCP"},
		{"fewer workers and a new configuration", system(t, "1 active w\n2 active w\n3 active w\nrules active r"),
			Desired{Workers: 1, WorkerHash: "w2", RulesHash: "r"}, "2 workers are each stopped after finishing what they work on"},
		{"fewer workers, and one that is missing", system(t, "1 active w\n3 active w\nrules active r"),
			Desired{Workers: 2, WorkerHash: "w", RulesHash: "r"}, "1 worker is stopped after finishing what it works on"},
		{"those who are connected to a worker that is stopped", system(t, "1 active w\n2 active w\nrules active r"),
			Desired{Workers: 1, WorkerHash: "w", RulesHash: "r"}, "clients with open TCP, TLS, HTTPS or QUIC connections to it reconnect"},
		{"a component that is not wanted", withComponents(system(t, "1 active w\nrules active r"), "x old"),
			Desired{Workers: 1, WorkerHash: "w", RulesHash: "r"}, "component x is stopped"},
		{"fewer workers", system(t, "1 active w\n2 active w\nrules active r"),
			Desired{Workers: 1, WorkerHash: "w", RulesHash: "r"}, "1 worker is stopped"},
		{"a component", withComponents(system(t, "1 active w\nrules active r"), "x old"),
			Desired{Workers: 1, WorkerHash: "w", RulesHash: "r", Components: []Component{{Name: "x", Hash: "new"}}}, "component x is restarted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(Diff(c.want, c.live, Options{}).Interrupts(), "\n")
			if (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
				t.Errorf("it says %q, want %q", got, c.says)
			}
		})
	}
}
