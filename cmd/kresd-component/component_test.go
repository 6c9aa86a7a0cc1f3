// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/units"
)

func components(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "components.json")
	if err := os.WriteFile(path, []byte(`{"workers": 2, "components": [
		{"name": "core", "kind": "core", "command": ["/bin/sh", "-c", "exit 3"], "hash": "abc"},
		{"name": "quiet", "kind": "core", "command": ["/bin/true"], "hash": "abc"},
		{"name": "needed", "kind": "needed", "command": ["/bin/sh", "-c", "exit 4"], "hash": "abc"},
		{"name": "absent", "kind": "needed", "command": ["/no/such/program"], "hash": "abc"},
		{"name": "gone", "kind": "dispensable", "command": ["/no/such/program"], "hash": "abc"},
		{"name": "empty", "kind": "core", "command": [], "hash": "abc"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestComponentsOfANewerVersionAreNotStarted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "components.json")
	if err := os.WriteFile(path, []byte(`{"format": 2, "components": {"a": "/bin/true"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "cannot read the components: " + path + ": it was written by a newer kresd-manager (format 2; this one knows 1): restart kresd-manager, which writes it anew\n"
	var stderr bytes.Buffer
	if code := run([]string{"--config", path, "a"}, io.Discard, &stderr); code != exitConfig || stderr.String() != want {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}

func TestWhatTheEndOfAComponentMeans(t *testing.T) {
	config := components(t)
	stayed := t.TempDir()
	if err := os.WriteFile(filepath.Join(stayed, "stayed-up"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, component, dir string
		code                 int
		says                 string
	}{
		{"a core component never comes back", "core", stayed, exitFinal, "core component core ended (status 3)"},
		{"not even after an orderly end", "quiet", stayed, exitFinal, "ended (with success)"},
		{"a needed one that never stayed up does not", "needed", "", exitFinal, "within 10 s of its first start"},
		{"a needed one that once stayed up does", "needed", stayed, exitFailed, "is started again"},
		{"a needed one that cannot be started does not", "absent", stayed, exitFinal, "cannot start /no/such/program: "},
		{"a dispensable one is tried again", "gone", "", exitFailed, "cannot start /no/such/program: no such file"},
		{"one without a command is none", "empty", "", exitConfig, `has no component "empty"`},
		{"an unknown one is none", "other", "", exitConfig, `has no component "other"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("NOTIFY_SOCKET", "")
			t.Setenv("RUNTIME_DIRECTORY", c.dir)
			var stderr bytes.Buffer
			if code := run([]string{"--config", config, c.component}, io.Discard, &stderr); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(stderr.String(), c.says) {
				t.Errorf("it says %q, want %q", stderr.String(), c.says)
			}
		})
	}
}

// Whoever kills all processes of the unit kills the witness, too.
func TestAComponentThatWasKilledWithItsParentIsJudgedAtTheNextStart(t *testing.T) {
	for kind, code := range map[units.ComponentKind]int{units.Core: exitFinal, units.Needed: exitFinal} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, running), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		c := units.Component{Name: "x", Kind: kind, Command: []string{"/bin/touch", filepath.Join(dir, "ran")}}
		if got := keep(c, marks{dir}, time.Minute, &stderr); got != code || !strings.Contains(stderr.String(), "killed") {
			t.Errorf("%s: exit code %d, %s", kind, got, stderr.String())
		}
		if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
			t.Errorf("%s: it was started again", kind)
		}
	}
}

func TestAComponentThatStaysUpIsRemembered(t *testing.T) {
	dir := t.TempDir()
	c := units.Component{Name: "x", Kind: units.Needed, Command: []string{"/bin/sh", "-c", "while ! test -e " + dir + "/stayed-up; do sleep 0.01; done; exit 1"}}
	var stderr bytes.Buffer
	if code := keep(c, marks{dir}, time.Millisecond, &stderr); code != exitFailed {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}

func TestSystemdIsToldWhichCommandIsStarted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	var stderr bytes.Buffer
	run([]string{"--config", components(t), "quiet"}, io.Discard, &stderr)
	if os.Getenv("NOTIFY_SOCKET") != "" {
		t.Error("the component is told of the socket")
	}
	buf := make([]byte, 100)
	n, err := l.Read(buf)
	if got := string(buf[:n]); err != nil || got != "STATUS=component abc" {
		t.Errorf("it is told %q, %v", got, err)
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"a", "b"}, {"--wrong"}} {
		var stderr bytes.Buffer
		if code := run(args, io.Discard, &stderr); code != exitUsage {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
}
