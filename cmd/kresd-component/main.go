// SPDX-License-Identifier: Apache-2.0

// Command kresd-component is the ExecStart= of kres-component@.service: it
// starts the command that the configuration gives a component, without a shell,
// and tells systemd which one it is. For kres-gc.service it starts a program with
// the arguments that the manager wrote, as the user of the unit: systemd itself
// reads nothing that the manager can write.
//
// A dispensable component takes its place, so that systemd keeps it as it keeps
// any service. A core or needed one stays its child, because what its end means
// is not what the end of a service means to systemd: with exitFinal the unit
// fails and is not restarted.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kresd-manager/internal/cmdline"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// Exit codes. The unit has the last two in RestartPreventExitStatus=.
const (
	exitFailed = 1
	exitUsage  = 2
	exitFinal  = 70 // the component ended, and must not be started again
	exitConfig = 78 // EX_CONFIG: there is no such component
)

func main() { os.Exit(run(os.Args[1:], visible.NewWriter(os.Stdout), visible.NewWriter(os.Stderr))) }

// run returns only if the component could not be started or has ended.
func run(args []string, stdout, stderr io.Writer) int {
	flags := cmdline.New("kresd-component")
	config := flags.String("config", "/run/kresd-manager/component/components.json", "`file` that lists the components")
	arguments := flags.String(strings.TrimLeft(units.ArgumentsFlag, "-"), "", "`file` with the arguments of PROGRAM, a JSON list")
	if code, done := cmdline.Begin(flags, args, "NAME|PROGRAM", 1, stdout, stderr); done {
		return code
	}
	if *arguments != "" {
		return replaceWith(flags.Arg(0), *arguments, stderr)
	}
	c, err := find(*config, flags.Arg(0))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitConfig
	}
	if err := announce(c); err != nil {
		fmt.Fprintf(stderr, "cannot tell systemd what is started: %v\n", err)
		return exitFailed
	}
	if c.Kind == units.Dispensable {
		return replace(c, stderr)
	}
	return keep(c, marks{os.Getenv("RUNTIME_DIRECTORY")}, units.Trial*time.Second, stderr)
}

// find reads one component.
func find(path, name string) (units.Component, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return units.Component{}, fmt.Errorf("cannot read the components: %w", err)
	}
	want, err := units.ReadDesired(b)
	if err != nil {
		return units.Component{}, fmt.Errorf("cannot read the components: %s: %w", path, err)
	}
	for _, c := range want.Components {
		if c.Name == name && len(c.Command) > 0 {
			return c, nil
		}
	}
	return units.Component{}, fmt.Errorf("the configuration has no component %q", name)
}
