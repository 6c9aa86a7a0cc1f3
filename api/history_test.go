// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/units"
)

// The kernel says who is at the other end of a unix socket.
func TestHistoryKnowsWhoAsked(t *testing.T) {
	s := serve(t, api.Options{})
	s.ask(t, "PUT", "/v1/config/workers?comment=more+people", "3", "X-Reference-Id: r-17")
	var h units.History
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/v1/history", "").body), &h); err != nil || len(h.Entries) != 2 {
		t.Fatalf("got %+v, error %v", h, err)
	}
	e := h.Entries[0]
	if e.Who.UID == nil || int(*e.Who.UID) != os.Getuid() || e.Who.Request != "r-17" || e.Who.Via != units.ViaSocket || e.Comment != "more people" {
		t.Errorf("got %+v", e)
	}
	if e.Diff.String() != "~ /workers: 2 → 3\n" || !e.Running {
		t.Errorf("got %+v", e)
	}
}

// Whoever may look sees no secrets.
func TestHistoryShowsNoSecrets(t *testing.T) {
	s := serve(t, api.Options{})
	secret := strings.Repeat("hush ", 8)
	if got := s.ask(t, "PUT", "/v1/config/network", `{"tls": {"sticket-secret": "`+secret+`"}}`); got.StatusCode != 200 {
		t.Fatal(got.body)
	}
	for _, path := range []string{"/v1/history", "/v1/history/2", "/v1/status"} {
		got := s.ask(t, "GET", path, "")
		if got.StatusCode != 200 || strings.Contains(got.body, "hush") || path != "/v1/status" && !strings.Contains(got.body, "(secret)") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

func TestAnyTwoChangesAreCompared(t *testing.T) {
	s := serve(t, api.Options{})
	secret := strings.Repeat("hush ", 8)
	s.ask(t, "PUT", "/v1/config/workers", "3")
	s.ask(t, "PUT", "/v1/config/network/tls", `{"sticket-secret": "`+secret+`"}`)
	s.ask(t, "PUT", "/v1/config/workers", "4")
	var got wire.Comparison
	compare := func(path string) string {
		t.Helper()
		got = wire.Comparison{}
		answer := s.ask(t, "GET", path, "")
		if err := json.Unmarshal([]byte(answer.body), &got); err != nil || answer.StatusCode != 200 || strings.Contains(answer.body, "hush") {
			t.Errorf("%s: %d %s", path, answer.StatusCode, answer.body)
		}
		return got.Diff.String()
	}
	if text := compare("/v1/history/4/diff?from=2"); text != "~ /workers: 3 → 4\n+ /network/tls: {\"sticket-secret\":\"(secret)\"}\n" || got.From != 2 || got.To != 4 {
		t.Errorf("%+v: %s", got, text)
	}
	if text := compare("/v1/history/2/diff?from=2"); text != "" {
		t.Error(text)
	}
	for path, want := range map[string]int{"/v1/history/4/diff": 400, "/v1/history/4/diff?from=x": 400, "/v1/history/4/diff?from=2&to=3": 400, "/v1/history/4/diff?from=2&from=3": 400,
		"/v1/history/x/diff?from=2": 400, "/v1/history/99/diff?from=2": 404, "/v1/history/2/diff?from=99": 404} {
		if answer := s.ask(t, "GET", path, ""); answer.StatusCode != want {
			t.Errorf("%s: %d %s", path, answer.StatusCode, answer.body)
		}
	}
}
