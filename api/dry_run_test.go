// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/units"
)

func TestDryRunShowsThePlanThatIsCarriedOut(t *testing.T) {
	s := serve(t, api.Options{})
	s.Set(t, strings.Replace(running, "workers: 2", "workers: 3", 1))
	tests := []struct{ method, path, body string }{
		{"POST", "/reload", ""},
		{"POST", "/renew/force", ""},
		{"PUT", "/v1/config/workers", "1"},
		{"PATCH", "/v1/config", `[{"op":"remove","path":"/local-data"}]`},
		{"DELETE", "/v1/config/logging", ""},
	}
	for _, tt := range tests {
		var report units.Report
		before := s.quotedETag()
		for _, query := range []string{"?dry-run", "?dry_run=1", "?dry-run=true"} {
			text := s.ask(t, tt.method, tt.path+query, tt.body)
			data := s.ask(t, tt.method, tt.path+query, tt.body, acceptJSON)
			report = units.Report{}
			if err := json.Unmarshal([]byte(data.body), &report); err != nil {
				t.Fatalf("%s: %v in %q", tt.path, err, data.body)
			}
			if !report.DryRun || report.Plan.Empty() || text.body != report.String() {
				t.Errorf("%s%s: %+v\n%s", tt.path, query, report, text.body)
			}
		}
		if s.quotedETag() != before {
			t.Errorf("%s changed something: %s", tt.path, s.Running().JSON())
		}
		data := s.ask(t, tt.method, tt.path, tt.body, acceptJSON)
		var done units.Report
		if err := json.Unmarshal([]byte(data.body), &done); err != nil {
			t.Fatalf("%s: %v in %q", tt.path, err, data.body)
		}
		if diff := cmp.Diff(report.Plan, done.Plan); diff != "" {
			t.Errorf("%s: plan shown and plan carried out: %s", tt.path, diff)
		}
	}
}

func TestMisspeltDryRunChangesNothing(t *testing.T) {
	s := serve(t, api.Options{})
	before := s.quotedETag()
	for query, why := range map[string]string{
		"dryrun":        "there is no parameter dryrun; nothing was done",
		"dry-run=maybe": "cannot read dry-run=maybe; write true or false; nothing was done",
		"a=%zz":         "cannot read the query: %zz is not a byte in hexadecimal; write % as %25",
		"a=1;b=2":       "cannot read the query: parameters have & between them, and no semicolon",
	} {
		if got := s.ask(t, "PUT", "/v1/config/workers?"+query, "3"); got.StatusCode != 400 || !strings.Contains(got.body, why) {
			t.Errorf("%s: %d %q, want %q", query, got.StatusCode, got.body, why)
		}
	}
	if got := s.ask(t, "POST", "/stop?dry-run", ""); got.StatusCode != 400 || !strings.Contains(got.body, "takes no parameters") {
		t.Errorf("stop: %d %q", got.StatusCode, got.body)
	}
	if s.quotedETag() != before {
		t.Errorf("runs %s", s.Running().JSON())
	}
}

func TestDryRunsAreBoundedForEachCaller(t *testing.T) {
	s := serveTCP(t, twoTokens, api.Options{})
	_, open := s.Hold("observe") // which every plan begins with
	auth := "Authorization: Bearer " + configureToken
	var all sync.WaitGroup
	greedy := s.from(t, "127.0.0.2")
	answers := make(chan reply)
	for i, request := range []string{"PUT /v1/config/workers?dry-run 3", "PATCH /v1/config?dry-run []", "POST /reload?dry-run ", "GET /v1/plan ",
		"POST /renew?dry-run ", "POST /v1/rollback/1?dry-run ", "DELETE /v1/config/nsid?dry-run "} {
		method, rest, _ := strings.Cut(request, " ")
		path, body, _ := strings.Cut(rest, " ")
		all.Go(func() {
			answers <- greedy.ask(t, method, path, body, auth, acceptJSON, fmt.Sprint("X-Reference-Id: ", i))
		})
	}
	for range 3 { // of 7, with 4 at a time
		if got := <-answers; got.StatusCode != 503 || !strings.Contains(got.body, "has 4 dry runs at a time already") || got.problem(t).Kind != wire.KindBusy {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
	}
	open()
	for range 4 {
		if got := <-answers; got.StatusCode != 200 {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
	}
	all.Wait()
	if got := greedy.ask(t, "GET", "/v1/plan", "", auth); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
