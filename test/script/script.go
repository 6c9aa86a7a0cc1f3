// SPDX-License-Identifier: Apache-2.0

// Package script runs the script tests of a program, which say what its commands promise:
// testdata/script, in the language of testscript, with what our scripts have besides.
package script

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Run runs the scripts with commands and conditions of their own. All have
//
//	exits N COMMAND…   run a command that must end with exit status N
//
// and times are shown in UTC.
func Run(t *testing.T, p testscript.Params) {
	p.Dir = filepath.Join("testdata", "script")
	p.RequireExplicitExec = true
	p.RequireUniqueNames = true
	p.Cmds["exits"] = exits
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("TZ", "UTC")
		env.Setenv("GORACE", "atexit_sleep_ms=0") // a second for each command otherwise
		return setup(env)
	}
	testscript.Run(t, p)
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}
