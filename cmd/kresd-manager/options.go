// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
)

// options are the command line.
type options struct {
	configs    []string
	rundir     string
	runtimeDir string
	stateDir   string
	level      slog.Level
}

const defaultConfig = "/etc/knot-resolver/config.yaml"

const usage = `usage: kresd-manager [OPTION…]

Keeps the units of Knot Resolver equal to its configuration, and serves the
HTTP API on a unix socket. It is meant to be run by kresd-manager.service.

Options:
  -c, --config FILE…       configuration files, combined from left to right
                           (/etc/knot-resolver/config.yaml)
      --rundir DIR         run directory of the installed units (/run/knot-resolver)
      --runtime-dir DIR    where the workers read what is rendered (/run/kresd-manager)
      --state-dir DIR      what is kept for the next boot (/var/lib/kresd-manager)
      --log-level LEVEL    error, warn, info, debug or trace (info)
  -V, --version            print the version
  -h, --help               print this

Signals: SIGHUP reloads the configuration file; SIGTERM and SIGINT end the
manager and leave the workers running; a second one does not wait for requests.

Exit status: 0 ended as asked, 1 failed, 2 wrong usage, 69 another manager, such
as the stock one, is active, 78 the configuration is refused.
`

// parse reads the command line. done tells to exit with code at once.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	f := flag.NewFlagSet("kresd-manager", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	var showVersion, help bool
	var level string
	for _, name := range []string{"config", "c"} {
		f.Func(name, "", func(path string) error { o.configs = append(o.configs, path); return nil })
	}
	f.StringVar(&o.rundir, "rundir", "/run/knot-resolver", "")
	f.StringVar(&o.runtimeDir, "runtime-dir", "/run/kresd-manager", "")
	f.StringVar(&o.stateDir, "state-dir", "/var/lib/kresd-manager", "")
	f.StringVar(&level, "log-level", "info", "")
	for _, name := range []string{"version", "V"} {
		f.BoolVar(&showVersion, name, false, "")
	}
	for _, name := range []string{"help", "h"} {
		f.BoolVar(&help, name, false, "")
	}
	wrong := func(err any) (options, int, bool) {
		fmt.Fprintf(stderr, "kresd-manager: %v\nsee kresd-manager --help\n", err)
		return o, exitUsage, true
	}
	if err := f.Parse(args); err != nil {
		return wrong(err)
	}
	switch {
	case help:
		fmt.Fprint(stdout, usage)
		return o, exitOK, true
	case showVersion:
		fmt.Fprintf(stdout, "kresd-manager %s\n", version)
		return o, exitOK, true
	case f.NArg() > 0 && len(o.configs) == 0:
		return wrong(fmt.Sprintf("unexpected argument %q", f.Arg(0)))
	}
	for _, file := range f.Args() {
		if strings.HasPrefix(file, "-") {
			return wrong(fmt.Sprintf("option %s must come before the files", file))
		}
	}
	// As with the stock manager, --config may be followed by several files.
	if o.configs = append(o.configs, f.Args()...); len(o.configs) == 0 {
		o.configs = []string{defaultConfig}
	}
	if level == "trace" {
		level = "debug-4"
	}
	if err := o.level.UnmarshalText([]byte(level)); err != nil {
		return wrong(fmt.Sprintf("unknown log level %q", level))
	}
	paths := []*string{&o.rundir, &o.runtimeDir, &o.stateDir}
	for i := range o.configs {
		paths = append(paths, &o.configs[i])
	}
	for _, p := range paths {
		abs, err := filepath.Abs(*p)
		if err != nil {
			return wrong(err)
		}
		*p = abs
	}
	return o, exitOK, false
}
