// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/inmemory"
)

// TestRolesOfAnOrdinaryUser has a manager on a machine where a user cannot have
// port 53: the section management says what it says there, too.
func TestRolesOfAnOrdinaryUser(t *testing.T) {
	s := serveTCPOn(t, "{interface: ADDRESS, pprof: true, allow-origins: ['https://a.example'], roles: [{role: configure, token: "+configureToken+"}]}", api.Options{},
		func(o *manager.Options) { o.Host.LowestPort = 1024 })
	const right, wrong = "Authorization: Bearer " + configureToken, "Authorization: Bearer " + readToken
	if got := s.ask(t, "PUT", "/v1/config/workers", "3", right); got.StatusCode != 200 {
		t.Errorf("the token: %d %s", got.StatusCode, got.body)
	}
	got := s.ask(t, "PUT", "/v1/config/workers", "3", acceptJSON, wrong)
	if p := got.problem(t); got.StatusCode != 401 || p.Kind != wire.KindToken || !strings.Contains(p.Message, "has the token that was sent") {
		t.Errorf("another token: %d %s", got.StatusCode, got.body)
	}
	got = s.ask(t, "GET", "/v1/status", "", right, "Origin: https://a.example")
	if origin := got.Header.Get("Access-Control-Allow-Origin"); got.StatusCode != 200 || origin != "https://a.example" {
		t.Errorf("a page that is allowed: %d %q %s", got.StatusCode, origin, got.body)
	}
	if got := s.ask(t, "GET", "/v1/status", "", right, "Origin: https://b.example"); got.StatusCode != 403 || !strings.Contains(got.body, "https://b.example") {
		t.Errorf("a page that is not: %d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/debug/pprof/cmdline", "", right); got.StatusCode != 200 {
		t.Errorf("profiles: %d %s", got.StatusCode, got.body)
	}
}

// unlearned is a manager that does not know what its configuration means.
type unlearned struct {
	*inmemory.Machine
	fault atomic.Bool
}

func (u *unlearned) Running() *config.Running {
	r := u.Machine.Running()
	if !u.fault.Load() {
		return r
	}
	return &config.Running{Document: r.Document, Fault: errors.New("port 53 is not for you")}
}

// TestWithoutMeaningOnlyRootIsLetIn has a policy that is not known: that no
// role is known must not mean that there is none.
func TestWithoutMeaningOnlyRootIsLetIn(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	c := &unlearned{Machine: inmemory.New(t, running+"management: {interface: 127.0.0.1@1, roles: [{role: configure, token: "+configureToken+"}]}\n")}
	c.fault.Store(true)
	s := serveTCPController(t, c, api.Options{Logger: log})
	if got := s.ask(t, "GET", "/v1/status", "", "Authorization: Bearer "+configureToken); got.StatusCode != 403 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if !strings.Contains(text.String(), "cannot tell who may use the API") || !strings.Contains(text.String(), "port 53 is not for you") {
		t.Errorf("log: %s", text)
	}
}

// TestARequestCostsNothingOfTheConfiguration compares what a request allocates
// with and without a hundred thousand names.
func TestARequestCostsNothingOfTheConfiguration(t *testing.T) {
	var large strings.Builder
	large.WriteString(strings.Replace(running, "local-data:\n  addresses:\n    a.example.: 192.0.2.1\n", "local-data:\n  addresses:\n", 1))
	for i := range 100_000 {
		fmt.Fprintf(&large, "    n%d.example.: 192.0.2.%d\n", i, i%200+1)
	}
	cost := func(text string) float64 {
		c := inmemory.New(t, text+"management: {unix-socket: /s, roles: [{role: read, token: "+readToken+"}]}\n")
		s := serveController(t, c, api.Options{}, door.Options{})
		ask := func() {
			if got := s.ask(t, "GET", "/v1/config/workers", "", "Authorization: Bearer "+readToken); got.StatusCode != 200 {
				t.Fatalf("%d %s", got.StatusCode, got.body)
			}
		}
		ask() // what is made once for a configuration
		return testing.AllocsPerRun(20, ask)
	}
	small, much := cost(running), cost(large.String())
	if much > 2*small {
		t.Errorf("a request makes %.0f objects with 100,000 names and %.0f with one", much, small)
	}
}

// TestTheMeaningFollowsTheDocument changes who may do what and asks at once.
func TestTheMeaningFollowsTheDocument(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: configure, token: "+configureToken+"}]}", api.Options{})
	right := "Authorization: Bearer " + configureToken
	if got := s.ask(t, "GET", "/debug/pprof/cmdline", "", right); got.StatusCode != 404 || !strings.Contains(got.body, "/management/pprof is true") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "PUT", "/v1/config/management/pprof", "true", right); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/debug/pprof/cmdline", "", right); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "PUT", "/v1/config/management/roles/0/token", `"`+readToken+`"`, right); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/v1/status", "", right); got.StatusCode != 401 {
		t.Errorf("the old token: %d %s", got.StatusCode, got.body)
	}
}
