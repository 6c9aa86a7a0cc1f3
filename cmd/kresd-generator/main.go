// SPDX-License-Identifier: Apache-2.0

// Command kresd-generator is a systemd.generator(7): at boot, and whenever
// systemd reads its units again, it says which workers and other components of
// Knot Resolver there are, so that a machine answers DNS with the last good
// configuration whether or not there is a manager.
//
// It runs as root before anything else does, and what it looks at has been
// written by others. So it opens and parses files in a child process that has
// the rights of the manager's user, believes that child only numbers and names,
// writes last, and is done within a second in any case.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kresd-manager/generator"
	"kresd-manager/internal/cmdline"
	"kresd-manager/internal/visible"
)

// version is set when the program is built.
var version = "dev"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Times from the start. PID 1 waits for its generators, and ends after 90 s. Only
// tests change them, for machines that are busy with others.
var (
	// readTime is what reading may take; with more, only the last good set counts.
	readTime = 700 * time.Millisecond
	// deadline ends the program wherever it is.
	deadline = time.Second
)

const usage = `usage: kresd-generator NORMAL-DIR [EARLY-DIR LATE-DIR]
       kresd-generator --dry-run [--json] [DIR]

Makes the links and drop-ins in NORMAL-DIR with which systemd starts Knot
Resolver at boot. systemd calls it, see systemd.generator(7).

Options:
      --dry-run       print what would be made, and how it differs from what is in
                      DIR (/run/systemd/generator); exit with 1 if the
                      configuration is wrong
      --json          print that as JSON
      --config FILE   configuration (/etc/knot-resolver/config.yaml)
      --state-dir DIR where the last good configuration is (/var/lib/kresd-manager)
      --unit-dir DIR  where the units are installed (found)
  -V, --version       print the version
  -h, --help          print this

Exit status: 0 done, also when the configuration is wrong or absent; 1 cannot
write, or a dry run has found an error; 2 wrong usage.
`

type options struct {
	paths   generator.Paths
	unitDir string
	dryRun  bool
	json    bool
	read    bool
	fail    string
	dirs    []string
}

func main() { os.Exit(run(os.Args[1:], visible.NewWriter(os.Stdout), visible.NewWriter(os.Stderr))) }

func run(args []string, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	switch {
	case o.fail != "":
		fmt.Fprintln(stderr, o.fail)
		return exitFailed
	case o.read:
		return readHere(o.paths, stdout)
	case o.dryRun:
		return dryRun(o, stdout, stderr)
	}
	if os.Getenv("SYSTEMD_IN_INITRD") == "1" || os.Getenv("SYSTEMD_SCOPE") == "user" {
		return exitOK // nothing of ours is there
	}
	// Written is what was complete; the rest is for the manager.
	time.AfterFunc(deadline, func() {
		complain(stderr, "gave up after %v: what is made so far is in force", deadline)
		os.Exit(exitOK)
	})
	return generate(o, stderr)
}

func generate(o options, stderr io.Writer) int {
	place, ok := o.place()
	if !ok {
		return exitOK // the units are not installed any more
	}
	if stockStarts("") {
		return exitOK
	}
	decision, err := ask(o.paths)
	if err != nil && decision.Failure == "" && decision.Set == nil && decision.Lost == "" {
		return exitOK
	}
	switch {
	case decision.Failure != "" && decision.Set != nil:
		complain(stderr, "%s: starting the last good configuration", decision.Failure)
	case decision.Failure != "":
		complain(stderr, "%s", decision.Failure)
	}
	if decision.Lost != "" {
		complain(stderr, "cannot use the last good configuration: %s", decision.Lost)
	}
	if err := generator.Make(decision, place).Write(o.dirs[0]); err != nil {
		complain(stderr, "%v", err)
		return exitFailed
	}
	return exitOK
}

// place finds the installed units.
func (o options) place() (generator.Place, bool) {
	p := generator.Place{UnitDir: o.unitDir, Config: o.paths.Config, Program: "/usr/lib/systemd/system-generators/kresd-generator"}
	if self, err := os.Executable(); err == nil && !strings.ContainsAny(self, " \"'%$\\") {
		p.Program = self
	}
	if p.UnitDir != "" {
		return p, true
	}
	// In the order of systemd.unit(5).
	for _, dir := range []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"} {
		if _, err := os.Stat(dir + "/kres-policy-loader.service"); err == nil {
			p.UnitDir = dir
			return p, true
		}
	}
	return p, false
}

func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	f := cmdline.New("kresd-generator")
	var showVersion, help bool
	f.StringVar(&o.paths.Config, "config", "/etc/knot-resolver/config.yaml", "`FILE`")
	f.StringVar(&o.paths.State, "state-dir", "/var/lib/kresd-manager", "`DIR`")
	f.StringVar(&o.unitDir, "unit-dir", "", "`DIR`")
	f.StringVar(&o.fail, "fail", "", "") // how the unit fails
	f.BoolVar(&o.dryRun, "dry-run", false, "")
	f.BoolVar(&o.json, "json", false, "")
	f.BoolVar(&o.read, "read", false, "") // the child
	for _, name := range []string{"version", "V"} {
		f.BoolVar(&showVersion, name, false, "")
	}
	for _, name := range []string{"help", "h"} {
		f.BoolVar(&help, name, false, "")
	}
	wrong := func(err any) (options, int, bool) {
		fmt.Fprintf(stderr, "kresd-generator: %v\nsee kresd-generator --help\n", err)
		return o, exitUsage, true
	}
	if err := cmdline.Parse(f, args); err != nil {
		return wrong(err)
	}
	o.dirs = f.Args()
	switch {
	case help:
		fmt.Fprint(stdout, usage)
		return o, exitOK, true
	case showVersion:
		fmt.Fprintf(stdout, "kresd-generator %s\n", version)
		return o, exitOK, true
	case o.fail != "" || o.read:
	case o.dryRun && len(o.dirs) > 1:
		return wrong("a dry run takes one directory at most")
	case o.json && !o.dryRun:
		return wrong("--json is for --dry-run")
	case !o.dryRun && len(o.dirs) != 1 && len(o.dirs) != 3:
		return wrong(fmt.Sprintf("one or three directories are needed, there are %d", len(o.dirs)))
	}
	return o, exitOK, false
}
