// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"kresd-manager/api/door"
	"kresd-manager/api/wire"
)

func TestShares(t *testing.T) {
	s := newShares("event streams", 2, 5)
	uid := func(n uint32) *uint32 { return &n }
	take := func(c *door.Caller, role string) (func(), error) {
		r, err := http.NewRequestWithContext(door.With(t.Context(), c), "GET", "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		return s.take(&response{role: role}, r)
	}
	good := func(c *door.Caller, role string) func() {
		t.Helper()
		giveBack, err := take(c, role)
		if err != nil {
			t.Fatal(err)
		}
		return giveBack
	}
	bad := func(c *door.Caller, role, why string) {
		t.Helper()
		_, err := take(c, role)
		var refused *refusal
		if !errors.As(err, &refused) || refused.kind != wire.KindBusy || refused.status != 503 || !strings.Contains(refused.message, why) {
			t.Errorf("got %v, want %q", err, why)
		}
	}
	greedy, root := &door.Caller{UID: uid(65534)}, &door.Caller{UID: uid(0)}
	remote := &door.Caller{Remote: netip.MustParseAddrPort("192.0.2.1:5")}
	giveBack := good(greedy, "")
	good(greedy, "")
	bad(greedy, "", "uid 65534 has 2 event streams at a time already")
	bad(greedy, "/management/roles/0", "uid 65534 has 2") // the user counts, not the token
	good(remote, "/management/roles/0")
	good(remote, "/management/roles/0")
	bad(remote, "/management/roles/0", "/management/roles/0 at 192.0.2.1 has 2")
	good(remote, "/management/roles/1")
	bad(&door.Caller{UID: uid(1000)}, "", "there are 5 event streams at a time already")
	for range 5 {
		good(root, "")
	}
	bad(root, "", "uid 0 has 5 event streams")
	giveBack()
	giveBack() // once is enough
	good(&door.Caller{UID: uid(1000)}, "")
	bad(greedy, "", "there are 5 event streams")
}
