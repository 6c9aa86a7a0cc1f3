// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"testing"

	"github.com/coreos/go-systemd/v22/journal"
	"github.com/google/go-cmp/cmp"
)

func TestMessagesHaveFields(t *testing.T) {
	var text string
	var priority journal.Priority
	var vars map[string]string
	log := slog.New(toJournal{send: func(m string, p journal.Priority, v map[string]string) error {
		text, priority, vars = m, p, v
		return nil
	}})
	log.Error("host is failed", "rollout", 7, "state", "failed", "reason", "cannot bind\nPRIORITY=0", "error", "")
	if want := `host is failed rollout=7 state=failed reason="cannot bind\nPRIORITY=0"`; text != want || priority != journal.PriErr {
		t.Errorf("%q, %d", text, priority)
	}
	want := map[string]string{"SYSLOG_IDENTIFIER": "kres-fleet", "KRES_FLEET_ROLLOUT": "7", "KRES_FLEET_STATE": "failed", "KRES_FLEET_REASON": `cannot bind\nPRIORITY=0`}
	if diff := cmp.Diff(want, vars); diff != "" {
		t.Error(diff)
	}
}
