// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"kresd-manager/api"
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
