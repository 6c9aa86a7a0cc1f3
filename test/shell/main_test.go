// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
)

// call runs the command with its own state folder's machines.
func call(t *testing.T, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(input), &out, &err)
	return code, out.String(), err.String()
}

func TestShellInAKeptMachine(t *testing.T) {
	t.Setenv("KRESD_MANAGER_TEST_STATE", t.TempDir())
	if code, _, stderr := call(t, ""); code != 1 || !strings.Contains(stderr, "no kept machine runs") {
		t.Errorf("without a machine: %d %q", code, stderr)
	}
	if code, _, stderr := call(t, "", "--no-such-flag"); code != 2 {
		t.Errorf("wrong usage: %d %q", code, stderr)
	}
	defer call(t, "", "--close")
	code, stdout, stderr := call(t, "cat /proc/1/comm; exit 7", "--boot")
	if code != 7 || stdout != "systemd\n" {
		t.Fatalf("booting: %d %q %q", code, stdout, stderr)
	}
	_, name, _ := call(t, "", "--list")
	code, stdout, stderr = call(t, "hostname", strings.TrimSpace(name))
	if code != 0 || stdout != name {
		t.Errorf("a shell by name: %d %q %q", code, stdout, stderr)
	}
	if code, _, stderr := call(t, "", "stranger"); code != 1 || !strings.Contains(stderr, "cannot find the machine stranger") {
		t.Errorf("an unknown machine: %d %q", code, stderr)
	}
	if code, _, stderr := call(t, "", "--close"); code != 0 || !strings.Contains(stderr, "ended "+strings.TrimSpace(name)) {
		t.Errorf("ending all: %d %q", code, stderr)
	}
	if _, stdout, _ := call(t, "", "--list"); stdout != "" {
		t.Errorf("still kept: %q", stdout)
	}
}
