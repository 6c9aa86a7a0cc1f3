// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/api"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

const acceptJSON = "Accept: application/json"

func (s *site) setFile(t *testing.T, text string) {
	t.Helper()
	s.ReadFile = func() (*config.Document, error) { return config.Parse("config.yaml", []byte(text)) }
}

func TestReload(t *testing.T) {
	s := serve(t, api.Options{})
	if got := s.ask(t, "POST", "/reload", ""); got.StatusCode != 200 || !strings.Contains(got.body, "nothing had to change") {
		t.Errorf("unchanged file: %d %q", got.StatusCode, got.body)
	}
	s.setFile(t, "workers: 3\n")
	if got := s.ask(t, "POST", "/reload", ""); got.StatusCode != 200 || !strings.Contains(got.body, "reloaded in 0.31 s") {
		t.Errorf("changed file: %d %q", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/v1/config", "").body; got != `{"workers":3}` {
		t.Errorf("runs %s", got)
	}
}

func TestReloadIsTruthful(t *testing.T) {
	s := serve(t, api.Options{})
	before := s.quotedETag()
	tests := []struct {
		name   string
		file   func() (*config.Document, error)
		status int
		part   string
	}{
		{"no file", func() (*config.Document, error) {
			return nil, &fs.PathError{Op: "open", Path: "/etc/config.yaml", Err: syscall.ENOENT}
		}, 500, "/etc/config.yaml"},
		{"not YAML", func() (*config.Document, error) { return config.Parse("config.yaml", []byte("a: [")) }, 400, "config.yaml:"},
		{"not valid", func() (*config.Document, error) { return config.Parse("config.yaml", []byte("workers: x\n")) }, 400, "config.yaml:1:10: /workers: "},
		{"refused", func() (*config.Document, error) { return config.Parse("config.yaml", []byte("hostname: boom\n")) }, 422, "error while loading config: boom"},
		{"unforeseen", func() (*config.Document, error) { return nil, errors.New("secret") }, 500, "reference"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.ReadFile = tt.file
			for _, path := range []string{"/reload", "/reload/force", "/reload?dry-run", "/v1/plan"} {
				method := "POST"
				if path == "/v1/plan" {
					method = "GET"
				}
				if tt.name == "refused" && method+path != "POST/reload" && method+path != "POST/reload/force" {
					continue // nobody can know before it is tried
				}
				got := s.ask(t, method, path, "")
				if got.StatusCode != tt.status || !strings.Contains(got.body, tt.part) || strings.Contains(got.body, "secret") {
					t.Errorf("%s: %d %q", path, got.StatusCode, got.body)
				}
			}
			if s.quotedETag() != before {
				t.Errorf("runs %s", s.Running().JSON())
			}
		})
	}
}

func TestDryRunShowsThePlanThatIsCarriedOut(t *testing.T) {
	s := serve(t, api.Options{})
	s.setFile(t, strings.Replace(running, "workers: 2", "workers: 3", 1))
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
	for _, path := range []string{"/v1/config/workers?dryrun", "/v1/config/workers?dry-run=maybe", "/v1/config/workers?a=%zz"} {
		if got := s.ask(t, "PUT", path, "3"); got.StatusCode != 400 {
			t.Errorf("%s: %d %q", path, got.StatusCode, got.body)
		}
	}
	if got := s.ask(t, "POST", "/stop?dry-run", ""); got.StatusCode != 400 {
		t.Errorf("stop: %d %q", got.StatusCode, got.body)
	}
	if s.quotedETag() != before {
		t.Errorf("runs %s", s.Running().JSON())
	}
}

func TestPlan(t *testing.T) {
	s := serve(t, api.Options{})
	s.setFile(t, "workers: 3\n")
	got := s.ask(t, "GET", "/v1/plan", "")
	var report units.Report
	if err := json.Unmarshal([]byte(got.body), &report); err != nil || !report.DryRun || report.Plan.Empty() {
		t.Errorf("%v: %q", err, got.body)
	}
}

func TestStop(t *testing.T) {
	s := serve(t, api.Options{})
	if got := s.ask(t, "POST", "/stop", ""); got.StatusCode != 200 || got.body == "" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
	got := s.ask(t, "POST", "/reload", "", acceptJSON)
	if p := got.problem(t); got.StatusCode != 503 || p.Kind != api.KindStopping || got.Header.Get("Retry-After") == "" {
		t.Errorf("%d %+v", got.StatusCode, p)
	}
}

func TestStatus(t *testing.T) {
	s := serve(t, api.Options{})
	var root struct{ Msg, Status string }
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/", "").body), &root); err != nil || root.Status != "RUNNING" || root.Msg == "" {
		t.Errorf("root: %v %+v", err, root)
	}
	var status units.Status
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/v1/status", "").body), &status); err != nil || status.Workers != 2 {
		t.Errorf("status: %v %+v", err, status)
	}
	s.Kill(units.Worker(2))
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/", "").body), &root); err != nil || root.Status != "DEGRADED" {
		t.Errorf("root: %v %+v", err, root)
	}
	s.StatusError = units.ErrUnavailable
	for _, path := range []string{"/", "/v1/status", "/processes"} {
		if got := s.ask(t, "GET", path, "", acceptJSON); got.StatusCode != 503 || got.problem(t).Kind != api.KindUnavailable {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
}

func TestProcesses(t *testing.T) {
	s := serve(t, api.Options{})
	s.Kill(units.Worker(2))
	const list = `[
    {
        "type": "KRESD",
        "pid": 1001,
        "status": "RUNNING"
    }
]
`
	for path, want := range map[string]string{
		"/processes":       list,
		"/processes/all":   list,
		"/processes/kresd": list,
		"/processes/gc":    "[]\n",
	} {
		if got := s.ask(t, "GET", path, ""); got.StatusCode != 200 || got.body != want {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
	if got := s.ask(t, "GET", "/processes/foo", ""); got.StatusCode != 400 || !strings.Contains(got.body, "foo") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
