// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"kresd-manager/internal/visible"
)

// On a terminal a stop takes a yes; where no one could type it, and with --yes, it does
// not ask.
func TestStopAsksOnATerminal(t *testing.T) {
	const question = "Stop the resolver?"
	for _, tt := range []struct {
		typed string
		args  []string
		code  int
		asks  bool
	}{
		{"n\n", nil, exitFailed, true},
		{"\n", nil, exitFailed, true},
		{"\x04", nil, exitFailed, true}, // Ctrl-D, termios(3)
		{"y\n", nil, 0, true},
		{"YES\n", nil, 0, true},
		{"", []string{"--yes"}, 0, false},
		{"", []string{"-q", "-y"}, 0, false},
	} {
		_, socket := listening(t)
		ptm, pts := openTerminal(t)
		if _, err := ptm.WriteString(tt.typed); err != nil {
			t.Fatal(err)
		}
		stderr, told := terminal(t)
		var stdout bytes.Buffer
		code := run(t.Context(), append([]string{"-s", socket, "stop"}, tt.args...), pts, visible.NewWriter(&stdout), stderr)
		said := told()
		_, _ = ptm.Close(), pts.Close()
		if code != tt.code || strings.Contains(said, question) != tt.asks {
			t.Errorf("%q %q: %d, %q", tt.args, tt.typed, code, said)
		}
		if stopped := strings.Contains(stdout.String(), "all workers have stopped"); stopped != (code == 0 && tt.args == nil || len(tt.args) == 1) {
			t.Errorf("%q %q: %q", tt.args, tt.typed, stdout.String())
		}
		if code != 0 && !strings.Contains(said, "kresctl: not confirmed; nothing was done\n") {
			t.Errorf("%q: it says %q", tt.typed, said)
		}
	}
	_, socket := listening(t)
	var out bytes.Buffer
	w := visible.NewWriter(&out)
	if code := run(t.Context(), []string{"-s", socket, "stop"}, strings.NewReader(""), w, visible.NewWriter(io.Discard)); code != 0 {
		t.Errorf("in a script: %d", code)
	}
}
