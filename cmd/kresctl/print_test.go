// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"kresd-manager/internal/visible"
)

// TestWhatCannotBePrintedIsReported: who asks for something and gets nothing of it, as on a
// full disk, is told. Of a change it is not told: that was made.
func TestWhatCannotBePrintedIsReported(t *testing.T) {
	socket := evil(t, "/c.yaml", false)
	for _, command := range []string{
		"config explain /workers", "config get", "config get --etag", "config get --yaml", "events", "events --json", "history", "history --json", "history 1",
		"logs", "logs --json", "metrics", "metrics --prometheus", "pids", "pids --json", "plan", "plan --json", "schema", "schema --live", "status", "status --json",
		"completion bash",
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0) // full(4)
		if err != nil {
			t.Fatal(err)
		}
		var complaint bytes.Buffer
		code := run(t.Context(), append([]string{"-s", socket}, strings.Fields(command)...), strings.NewReader(""), visible.NewWriter(full), visible.NewWriter(&complaint))
		if code != exitFailed || !strings.Contains(complaint.String(), "cannot print: write /dev/full: no space left on device") {
			t.Errorf("%s: exit status %d, it says %q", command, code, complaint.String())
		}
		full.Close()
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, command := range []string{"reload", "renew", "rollback", "config set -p /workers 3", "config delete -p /workers", "confirm", "stop"} {
		var complaint bytes.Buffer
		if code := run(t.Context(), append([]string{"-s", socket}, strings.Fields(command)...), strings.NewReader(""), visible.NewWriter(full), visible.NewWriter(&complaint)); code != 0 {
			t.Errorf("%s: exit status %d, it says %q", command, code, complaint.String())
		}
	}
}
