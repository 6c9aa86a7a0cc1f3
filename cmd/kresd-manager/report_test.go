// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/units"
)

func TestTheExitStatusTellsWhoIsAtFault(t *testing.T) {
	t.Setenv("JOURNAL_STREAM", "8:4711")
	_, missing := config.ReadFile(filepath.Join(t.TempDir(), "config.yaml"))
	_, folder := config.ReadFile(t.TempDir())
	step := units.Step{N: 1, Kind: units.Try, Unit: units.Canary}
	for _, c := range []struct {
		name string
		err  error
		code int
	}{
		{"a configuration that is wrong", config.Problems{{Pointer: "/workers", Message: "expected an integer"}}, 78},
		{"a configuration that a worker refuses", &units.StepError{Step: step, Err: errors.New("failed"), Refused: true}, 78},
		{"a step that failed for another reason", &units.StepError{Step: step, Err: units.ErrForbidden}, 1},
		{"no bus", units.ErrUnavailable, 1},
		{"the stock service", manager.ErrStock, 69},
		{"another manager", manager.ErrLocked, 69},
		{"a configuration that is not there", missing, 78},
		{"a configuration that is a folder", folder, 78},
		{"another file that cannot be read", os.ErrPermission, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := report(newLogger(&out, slog.LevelInfo), c.err); code != c.code {
				t.Errorf("exit status %d, want %d", code, c.code)
			}
			if got := out.String(); !strings.HasPrefix(got, "<3>") || !strings.Contains(got, strings.SplitN(c.err.Error(), "\n", 2)[0]) {
				t.Errorf("it says %q", got)
			}
		})
	}
}

func TestProgramsWeRunInheritNoSocket(t *testing.T) {
	for _, name := range []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"} {
		t.Setenv(name, "1")
	}
	unsetActivation()
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, "LISTEN_") {
			t.Errorf("left: %s", e)
		}
	}
}
