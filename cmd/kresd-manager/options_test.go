// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	std := options{
		configs:    []string{"/etc/knot-resolver/config.yaml"},
		rundir:     "/run/knot-resolver",
		runtimeDir: "/run/kresd-manager",
		stateDir:   "/var/lib/kresd-manager",
		cacheDir:   "/var/cache/knot-resolver",
	}
	with := func(edit func(*options)) options { o := std; edit(&o); return o }
	for _, c := range []struct {
		args   string
		want   options
		code   int
		done   bool
		stdout string
		stderr string
	}{
		{args: "", want: std},
		{args: "-c /x", want: with(func(o *options) { o.configs = []string{"/x"} })},
		{args: "--config=/x", want: with(func(o *options) { o.configs = []string{"/x"} })},
		{args: "--config x/../y", want: with(func(o *options) { o.configs = []string{filepath.Join(wd, "y")} })},
		{args: "--config /x /y", want: with(func(o *options) { o.configs = []string{"/x", "/y"} })},
		{args: "-c /x -c /y", want: with(func(o *options) { o.configs = []string{"/x", "/y"} })},
		{args: "-c /x /y --rundir /a", done: true, code: 2, stderr: "before the files"},
		{args: "--rundir /a --runtime-dir /b --state-dir /c/", want: with(func(o *options) { o.rundir, o.runtimeDir, o.stateDir = "/a", "/b", "/c" })},
		{args: "--name lab", done: true, code: 2, stderr: "--name is for run and --transient only"},
		{args: "run --name a-b", done: true, code: 2, stderr: `"a-b"`},
		{args: "--detach", done: true, code: 2, stderr: "--detach is for run only"},
		{args: "--log-level error", want: with(func(o *options) { o.level = slog.LevelError })},
		{args: "--log-level warn", want: with(func(o *options) { o.level = slog.LevelWarn })},
		{args: "--log-level debug", want: with(func(o *options) { o.level = slog.LevelDebug })},
		{args: "--log-level trace", want: with(func(o *options) { o.level = slog.LevelDebug - 4 })},
		{args: "--help", done: true, stdout: "usage: kresd-manager"},
		{args: "-h", done: true, stdout: "usage: kresd-manager"},
		{args: "--version", done: true, stdout: "kresd-manager " + version + "\n"},
		{args: "-V", done: true, stdout: "kresd-manager " + version + "\n"},
		{args: "--wrong", done: true, code: 2, stderr: "-wrong"},
		{args: "--config", done: true, code: 2, stderr: "-config"},
		{args: "--log-level loud", done: true, code: 2, stderr: `"loud"`},
		{args: "start", done: true, code: 2, stderr: `"start"`},
	} {
		t.Run("kresd-manager "+c.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			o, code, done := parse(strings.Fields(c.args), &stdout, &stderr)
			if code != c.code || done != c.done {
				t.Errorf("code %d, done %t, want %d and %t", code, done, c.code, c.done)
			}
			if !strings.Contains(stdout.String(), c.stdout) || c.stdout == "" && stdout.Len() > 0 {
				t.Errorf("stdout is %q, want %q", stdout.String(), c.stdout)
			}
			if !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr is %q, want %q", stderr.String(), c.stderr)
			}
			if !c.done {
				if diff := cmp.Diff(c.want, o, cmp.AllowUnexported(options{})); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// The flags that the code knows are those that the usage tells, and so are
// their defaults.
func TestUsageMentionsEveryFlagAndItsDefault(t *testing.T) {
	source, err := os.ReadFile("options.go")
	if err != nil {
		t.Fatal(err)
	}
	code, _, _ := strings.Cut(string(source[strings.Index(string(source), "func parse("):]), "wrong :=")
	named := regexp.MustCompile(`"([a-zA-Z][a-z-]*)"`).FindAllStringSubmatch(code, -1)
	flags := 0
	for _, n := range named {
		name := "--" + n[1]
		if len(n[1]) == 1 {
			name = "-" + n[1]
		}
		if n[1] == "kresd-manager" || n[1] == "info" {
			continue
		}
		flags++
		if !regexp.MustCompile(`(^|[ ,])` + name + `[ ,\n]`).MatchString(usage) {
			t.Errorf("the usage does not mention %s", name)
		}
	}
	if flags < 10 {
		t.Errorf("only %d flags were found", flags)
	}
	o, _, _ := parse(nil, nil, nil)
	for _, d := range []string{o.configs[0], o.rundir, o.runtimeDir, o.stateDir, strings.ToLower(o.level.String())} {
		if !strings.Contains(usage, "("+d+")") {
			t.Errorf("the usage does not mention the default %s", d)
		}
	}
}
