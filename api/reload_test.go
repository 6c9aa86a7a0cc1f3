// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/manager/inmemory"
)

func TestReload(t *testing.T) {
	s := serve(t, api.Options{})
	if got := s.ask(t, "POST", "/reload", ""); got.StatusCode != 200 || !strings.Contains(got.body, "nothing had to change") {
		t.Errorf("unchanged file: %d %q", got.StatusCode, got.body)
	}
	s.Set(t, "workers: 3\n")
	if got := s.ask(t, "POST", "/reload", ""); got.StatusCode != 200 || !regexp.MustCompile(`^Configuration reloaded in \d+\.\d\d s, generation [0-9a-f]{16}\.\n$`).MatchString(got.body) {
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
		file   string // what it holds; "" is no file
		status int
		part   string
	}{
		{"no file", "", 500, s.File},
		{"not YAML", "a: [", 400, s.File + ":"},
		{"not valid", "workers: x\n", 400, s.File + ":1:10: /workers: "},
		{"refused", "lua: " + refused + "\n", 422, fakesystemd.Refusal + " is not defined"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file != "" {
				s.Set(t, tt.file)
			} else if err := os.Remove(s.File); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/reload", "/reload/force", "/reload?dry-run", "/v1/plan"} {
				method := "POST"
				if path == "/v1/plan" {
					method = "GET"
				}
				if tt.name == "refused" && method+path != "POST/reload" && method+path != "POST/reload/force" {
					continue // no one can know before it is tried
				}
				got := s.ask(t, method, path, "")
				if got.StatusCode != tt.status || !strings.Contains(got.body, tt.part) {
					t.Errorf("%s: %d %q", path, got.StatusCode, got.body)
				}
			}
			if s.quotedETag() != before {
				t.Errorf("runs %s", s.Running().JSON())
			}
		})
	}
}

// What no one has foreseen is told under a reference, and not in its own words.
func TestAReloadThatFailsStrangelySaysNoMore(t *testing.T) {
	s := serveController(t, &defective{inmemory.New(t, running), errors.New("secret")}, api.Options{}, door.Options{})
	for _, request := range [][2]string{{"POST", "/reload"}, {"POST", "/reload/force"}, {"POST", "/reload?dry-run"}, {"GET", "/v1/plan"}} {
		got := s.ask(t, request[0], request[1], "")
		if got.StatusCode != 500 || !strings.Contains(got.body, "reference") || strings.Contains(got.body, "secret") {
			t.Errorf("%s: %d %q", request[1], got.StatusCode, got.body)
		}
	}
}
