// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
)

// Clients of unix sockets write any word for a host. A name with a dot in it comes
// from elsewhere.
func TestHostOnTheUnixSocket(t *testing.T) {
	s := serve(t, api.Options{Hosts: []string{"dns1", "dns1.example"}})
	for host, want := range map[string]int{
		"api": 200, "d": 200, "unix": 200, "localhost": 200, "LOCALHOST:80": 200, "kresd": 200, "unix:80": 200, "dns1:8453": 200,
		"%2Frun%2Fknot-resolver%2Fkres-api.sock": 200, "127.0.0.1": 200, "[::1]:80": 200, "dns1.example": 200,
		"evil.example": 403, "api.evil": 403, "192.0.2.1": 403, "[2001:db8::1]": 403, "127.0.0.1.evil.example": 403,
		// What a browser sends through ssh(1) for a name of the local domain, or for a top-level one.
		"evil:8453": 403, "evil:80": 403, "evil.": 403, "evil.:8453": 403, "evil:": 403,
	} {
		if got := s.ask(t, "GET", "/v1/config/workers", "", "Host: "+host); got.StatusCode != want ||
			want == 403 && !strings.Contains(got.body, "is not a name of this machine") {
			t.Errorf("%s: %d %q, want %d", host, got.StatusCode, got.body, want)
		}
	}
	// What stock's own tests send.
	if got := s.ask(t, "POST", "/renew", "", "Host: api"); got.StatusCode != 200 {
		t.Errorf("renew: %d %s", got.StatusCode, got.body)
	}
}

func TestHostOverTCP(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS}", api.Options{Hosts: []string{"dns1", "dns1.example"}})
	for host, want := range map[string]int{
		"localhost:5000": 200, "127.0.0.1": 200, "dns1": 200, "DNS1.example:5000": 200, "dns1.example.": 200, "[::1]": 200,
		"api": 403, "d": 403, "dns1.evil.example": 403, "evil.example": 403, "192.0.2.1": 403,
	} {
		if got := s.ask(t, "GET", "/v1/config/workers", "", "Host: "+host); got.StatusCode != want {
			t.Errorf("%s: %d %q, want %d", host, got.StatusCode, got.body, want)
		}
	}
}
