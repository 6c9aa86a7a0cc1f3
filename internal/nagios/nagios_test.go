// SPDX-License-Identifier: Apache-2.0

package nagios

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

func TestJudge(t *testing.T) {
	now := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	two := func(edit func(*Seen)) Seen {
		s := Seen{
			Status: units.Status{State: "running", Workers: 2, Units: []units.UnitStatus{
				{Unit: "kresd@1.service", Role: units.RoleWorker, Active: "active"},
				{Unit: "kresd@2.service", Role: units.RoleWorker, Active: "active"},
				{Unit: "kres-gc.service", Role: units.RoleGC, Active: "active"},
			}},
			Cache: &units.CacheStatistics{Usage: 12.345, Entries: 7}, Now: now,
		}
		edit(&s)
		return s
	}
	cert := func(left time.Duration) func(*Seen) {
		return func(s *Seen) {
			s.Status.Inputs = []units.InputStatus{{Path: "/far", Expires: now.Add(900 * day)}, {Path: "/c.pem", Expires: now.Add(left)}, {Path: "/list"}}
		}
	}
	for _, c := range []struct {
		name  string
		seen  Seen
		state State
		line  string
	}{
		{"all is well", two(func(*Seen) {}), OK,
			"OK - 2 of 2 workers serve, cache 12% full | workers=2;;;0;2 cache=12.35%;90;98;0;100 entries=7;;;0 degraded_sources=0;;;0"},
		{"a certificate is good for long", two(cert(61 * day)), OK, "certificate good for 61 days | "},
		{"a certificate ends soon", two(cert(13*day + time.Hour)), Warning, "WARNING - certificate good for 13 days, 2 of 2 workers serve, cache 12% full | "},
		{"a certificate ends very soon", two(cert(2 * day)), Critical, "CRITICAL - certificate good for 2 days"},
		{"a certificate has ended", two(cert(-time.Hour)), Critical, "CRITICAL - certificate /c.pem has expired, "},
		{"days are figures", two(cert(61 * day)), OK, " cert_days=61;14:;3: "},
		{"the cache is full", two(func(s *Seen) { s.Cache.Usage = 99 }), Critical, "CRITICAL - cache 99% full"},
		{"the cache is rather full", two(func(s *Seen) { s.Cache.Usage = 91 }), Warning, "WARNING - cache 91% full"},
		{"a worker is missing", two(func(s *Seen) { s.Status.State, s.Status.Units[0].Active = "degraded", "failed" }), Warning, "WARNING - 1 of 2 workers serve, "},
		{"no worker serves", two(func(s *Seen) {
			s.Status.State, s.Status.Units[0].Active, s.Status.Units[1].Fault = "degraded", "failed", "mute"
		}), Critical, "CRITICAL - 0 of 2 workers serve, "},
		{"a worker restarts in a change", two(func(s *Seen) { s.Status.State, s.Status.Units[0].Active = "applying", "deactivating" }), OK, "OK - 1 of 2 workers serve, a change is being applied"},
		{"stopped", two(func(s *Seen) { s.Status.State = "stopped" }), Critical, "CRITICAL - the resolver is stopped"},
		{"down", two(func(s *Seen) { s.Status.State, s.Status.Down = "failed", "a | b\nc" }), Critical, "CRITICAL - the resolver is down: a / b c, "},
		{"systemd does not answer", two(func(s *Seen) { s.Status.AsOf = now }), Unknown, "UNKNOWN - systemd does not answer"},
		{"no worker tells", two(func(s *Seen) { s.Cache = nil }), Unknown, "UNKNOWN - no worker says how full the cache is, 2 of 2 workers serve | "},
		{"a list could not be loaded", two(func(s *Seen) {
			s.Status.State = "degraded"
			s.Status.Inputs = []units.InputStatus{{Path: "/rpz", Kind: "zone", State: units.InputDegraded}}
			s.Status.Problems = config.Problems{{Severity: "warning", Message: "x"}, {Severity: "error", Message: "the zone is degraded"}}
		}), Warning, "WARNING - degraded: the zone is degraded, the zone /rpz could not be loaded, 2 of 2 workers serve, cache 12% full | "},
		{"the worst decides", two(func(s *Seen) { s.Cache, s.Status.State = nil, "stopped" }), Critical, "CRITICAL - the resolver is stopped, no worker says"},
		{"degraded by the garbage collector", two(func(s *Seen) { s.Status.State, s.Status.Units[2].Active = "degraded", "failed" }), Warning, "degraded: kres-gc.service has failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, line := Judge(c.seen, UsualWarning, UsualCritical)
			if state != c.state || !strings.Contains(line, c.line) || strings.ContainsAny(line, "\n\r") || strings.Count(line, "|") != 1 {
				t.Errorf("%d, %s\nwant %d, %s", state, line, c.state, c.line)
			}
		})
	}
}

func TestFailedIsNeverOK(t *testing.T) {
	if state, line := Failed(errors.New("no |\nfile")); state != Unknown || line != "UNKNOWN - the manager cannot be asked: no / file" {
		t.Errorf("%d, %s", state, line)
	}
}

func TestParseLimits(t *testing.T) {
	got, err := ParseLimits("cert=21, cache=80%", UsualWarning)
	if err != nil || got != (Limits{Cache: 80, Days: 21}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = ParseLimits("cert=1", UsualWarning); err != nil || got != (Limits{Cache: 90, Days: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, s := range []string{"", "80", "cache", "cache=", "cache=NaN", "cache=-1", "disk=1", "cache=1,,cert=2"} {
		if _, err := ParseLimits(s, UsualWarning); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
