// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"kresd-manager/test/fleet"
	"kresd-manager/test/load"
	"kresd-manager/test/machine"
)

const (
	hosts = 3
	qps   = 300 // of each host
)

// Places of a fleet where commands are typed, besides ns1, ns2 and ns3.
const (
	workstation = "workstation"
	everyHost   = "every host"
)

// showFleet sets a fleet up, plays all acts and clears up. It keeps nothing.
func showFleet(ctx context.Context, out *printer, _ bool) (err error) {
	dir, err := os.MkdirTemp("", "kresd-manager-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out.progress("building kresd-manager and kres-fleet, booting three systems with both, and joining them by a network")
	f, err := fleet.Boot(ctx, dir, hosts, logTo(out))
	defer func() { err = errors.Join(err, f.Close()) }()
	if err != nil {
		return err
	}
	acts := fleetScript(f)
	took, err := playAll(ctx, several{f}, out, acts)
	if err == nil {
		out.title(done(acts, took))
	}
	return err
}

// several is a stage of more machines.
type several struct{ *fleet.Fleet }

func (s several) run(ctx context.Context, at, script string) machine.Result {
	if at == workstation {
		return s.Workstation(ctx, script)
	}
	results := make([]machine.Result, len(s.Hosts))
	var all sync.WaitGroup
	for i, m := range s.Hosts {
		if at == everyHost || at == fmt.Sprintf("ns%d", i+1) {
			all.Go(func() { results[i] = single{m}.run(ctx, "", script) })
		}
	}
	all.Wait()
	var sum machine.Result
	for i, r := range results {
		if at == everyHost {
			for line := range strings.Lines(r.Stdout) {
				sum.Stdout += fmt.Sprintf("ns%d: %s", i+1, line)
			}
		} else {
			sum.Stdout += r.Stdout
		}
		sum.Stderr, sum.Code = sum.Stderr+r.Stderr, max(sum.Code, r.Code)
	}
	return sum
}

func (s several) journal(ctx context.Context) string { return s.Journal(ctx) }

// clients ask a name on every host, between two acts.
type clients struct {
	f    *fleet.Fleet
	name string
	stop func() ([]load.Report, error)
}

func (c *clients) begin(ctx context.Context) (string, error) {
	var all []fleet.Traffic
	for i := range c.f.Hosts {
		all = append(all, fleet.Traffic{Host: i + 1, Name: c.name + ".", QPS: qps})
	}
	// Not that of the act, which ends before they do: end, or the end of the process.
	c.stop = c.f.Ask(context.WithoutCancel(ctx), all...)
	return fmt.Sprintf("from here on clients ask each host for %s, %d times a second", c.name, qps), nil
}

// end stops them, and expects a right answer to every question on hosts that are not
// excused, and one at all on those that are.
func (c *clients) end(excused ...int) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		reports, err := c.stop()
		if err != nil {
			return "", err
		}
		said := "clients that asked for " + c.name + ":"
		for i, r := range reports {
			said += fmt.Sprintf("\n  ns%d: %d questions, %d right answers, %d SERVFAIL, %d lost", i+1, r.Sent, r.Answered, r.Wrong, r.Lost+r.Errors)
			wrong := r.Wrong
			for _, e := range excused {
				if e == i+1 {
					wrong = 0
				}
			}
			if wrong+r.Lost+r.Errors > 0 || r.Answered == 0 {
				err = errors.Join(err, fmt.Errorf("the clients of ns%d miss answers", i+1))
			}
		}
		return said, err
	}
}
