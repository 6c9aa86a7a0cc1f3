// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"kresd-manager/internal/cmdline"
	"kresd-manager/internal/config"
	"kresd-manager/internal/doctor"
)

// options are the command line.
type options struct {
	configs    []string
	rundir     string
	runtimeDir string
	stateDir   string
	cacheDir   string
	level      slog.Level
	transient  bool // units without installed files
	name       string
	user       bool // of the user's own systemd
	run        bool // in the foreground, and what was started ends with it
}

const defaultConfig = "/etc/knot-resolver/config.yaml"

const usage = `usage: kresd-manager [OPTION…]
       kresd-manager run [--user] [OPTION…]

Runs the units of Knot Resolver as its configuration says, and serves the
HTTP API on a unix socket. It is meant to be run by kresd-manager.service.

kresd-manager run needs nothing installed: it runs the resolver in the
foreground, by a user's own systemd or, as root, by the system's, and stops it
when it ends.

Options:
  -c, --config FILE…       configuration files, combined from left to right
                           (/etc/knot-resolver/config.yaml)
      --user               use the user's own systemd; implies --transient
      --transient          pass units to systemd that are not installed;
                           for an ordinary user this implies --user
      --name NAME          one of several resolvers: its units are kresd-NAME@1 and
                           so on, and the names of its directories end in -NAME
      --detach             with run: leave the resolver running at the end
      --rundir DIR         run directory of the workers (/run/knot-resolver)
      --runtime-dir DIR    where the workers read their configuration (/run/kresd-manager)
      --state-dir DIR      what is kept for the next boot (/var/lib/kresd-manager)
      --cache-dir DIR      default of /cache/storage (/var/cache/knot-resolver)
      --log-level LEVEL    error, warn, info, debug or trace (info)
  -V, --version            print the version
  -h, --help               print this

With --user the directories are $XDG_RUNTIME_DIR/knot-resolver,
$XDG_RUNTIME_DIR/kresd-manager, $XDG_STATE_HOME/kresd-manager and
$XDG_CACHE_HOME/knot-resolver.

Signals: SIGHUP reloads the configuration file; SIGTERM and SIGINT end the
manager and leave the workers running, but with run stop them first; a second
one does not wait for requests.

Exit status: 0 ended as asked, 1 failed, 2 wrong usage, 69 another manager, such
as the stock one, is active, 75 it ended idle and must start again, 78 the
configuration is refused, or does not exist.
`

// parse reads the command line. done tells to exit with code at once.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	f := cmdline.New("kresd-manager")
	var showVersion, help, detach bool
	var level string
	for _, name := range []string{"config", "c"} {
		f.Func(name, "`FILE`", func(path string) error { o.configs = append(o.configs, path); return nil })
	}
	f.StringVar(&o.rundir, "rundir", "", "`DIR`")
	f.StringVar(&o.runtimeDir, "runtime-dir", "", "`DIR`")
	f.StringVar(&o.stateDir, "state-dir", "", "`DIR`")
	f.StringVar(&o.cacheDir, "cache-dir", "", "`DIR`")
	f.BoolVar(&o.user, "user", false, "")
	f.BoolVar(&o.transient, "transient", false, "")
	f.StringVar(&o.name, "name", "", "`NAME`")
	f.BoolVar(&detach, "detach", false, "")
	f.StringVar(&level, "log-level", "info", "`LEVEL`")
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
	run := len(args) > 0 && args[0] == "run"
	if run {
		args = args[1:]
	}
	if err := cmdline.Parse(f, args); err != nil {
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
	if detach && !run {
		return wrong("--detach is for run only")
	}
	o.run, o.transient = run && !detach, o.transient || run || o.user
	if err := o.place(os.Geteuid(), os.Getenv); err != nil {
		return wrong(err)
	}
	paths := []*string{&o.rundir, &o.runtimeDir, &o.stateDir, &o.cacheDir}
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

// doctor examines the installation, nil for a manager that is not installed, or whose
// configuration is several files.
func (o *options) doctor(host config.Host) func(context.Context) doctor.Report {
	if o.transient || len(o.configs) != 1 {
		return nil
	}
	return func(ctx context.Context) doctor.Report {
		return doctor.Examine(ctx, doctor.Host{Config: o.configs[0], Model: host, Reinstall: doctor.Reinstall()})
	}
}
