// SPDX-License-Identifier: Apache-2.0

package packaging

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kresd-manager/internal/unitfile"
	"kresd-manager/units"
)

// What systemd.service(5) and systemd-system.conf(5) give a service that says
// nothing about it.
const defaultTimeout = 90 * time.Second

// longest is how long a job of ours may hold up a shutdown.
const longest = 250 * time.Second

// times are the timeouts of a service; zero where there is none.
type times struct{ start, stop, job time.Duration }

func timesOf(t *testing.T, name string) (found times, notifies bool) {
	t.Helper()
	u, err := Unit(name)
	if err != nil {
		t.Fatal(err)
	}
	// What else a unit has that is never transient has no property here.
	u.Options = slices.DeleteFunc(slices.Clone(u.Options), func(o unitfile.Option) bool {
		return !slices.Contains([]string{"Type", "NotifyAccess", "TimeoutStartSec", "TimeoutStopSec", "JobRunningTimeoutSec"}, o.Name)
	})
	properties, err := u.Properties()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for _, p := range properties {
		values[p.Name] = p.Value
	}
	span := func(name string) time.Duration {
		v, _ := values[name].(uint64)
		return time.Duration(v) * time.Microsecond
	}
	found = times{span("TimeoutStartUSec"), span("TimeoutStopUSec"), span("JobRunningTimeoutUSec")}
	if found.stop == 0 {
		found.stop = defaultTimeout
	}
	if found.start == 0 && values["Type"] != "oneshot" {
		found.start = defaultTimeout
	}
	return found, values["NotifyAccess"] != nil
}

// TestNoJobHoldsUpAShutdown: a job that is queued with "replace-irreversibly" does
// not make way for the stop that a shutdown wants, and a process that may notify
// systemd may ask for more time again and again, in a start and in a stop
// (EXTEND_TIMEOUT_USEC= in sd_notify(3)); only JobRunningTimeoutSec= ends its job.
// The manager has none: a reload takes as long as all workers take one after
// another, and no one can queue a start of it but an administrator.
func TestNoJobHoldsUpAShutdown(t *testing.T) {
	all := map[string]times{}
	for _, name := range append(Names(), units.Canary, units.Worker(3), "kres-component@x.service") {
		if !strings.HasSuffix(name, ".service") || strings.Contains(name, "@.") {
			continue
		}
		s, notifies := timesOf(t, name)
		all[name] = s
		if s.start == 0 {
			t.Errorf("%s is a oneshot service that may start for ever: it needs TimeoutStartSec=", name)
		}
		if s.start > longest || s.stop > longest || s.job > longest {
			t.Errorf("%s has %+v, of which none may be longer than %s", name, s, longest)
		}
		switch {
		case name == "kresd-manager.service":
		case notifies && s.job == 0:
			t.Errorf("%s may ask systemd for more time without end: it needs JobRunningTimeoutSec=", name)
		case s.job != 0 && s.job < s.stop+s.start:
			t.Errorf("%s has %+v: a restart may take longer than its job", name, s)
		}
	}
	// The time of a restart goes on while it waits for others between its stop and
	// its start (systemd.unit(5), JobRunningTimeoutSec=), or else a restart of
	// everything would leave them stopped.
	worker, loader, rundir := all[units.Worker(3)], all[units.PolicyLoader], all["kresd-rundir.service"]
	if least := loader.stop + rundir.start + loader.start; loader.job < least {
		t.Errorf("JobRunningTimeoutSec= of the policy-loader is %s, and a restart may take %s", loader.job, least)
	}
	if least := worker.stop + loader.stop + rundir.start + loader.start + worker.start; worker.job < least {
		t.Errorf("JobRunningTimeoutSec= of a worker is %s, and a restart of everything may take %s", worker.job, least)
	}
	if c := all["kres-component@x.service"]; c.job < c.stop+rundir.start+c.start {
		t.Errorf("JobRunningTimeoutSec= of a component is %s, and a restart may take %s", c.job, c.stop+rundir.start+c.start)
	}
}
