// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"testing"

	"kresd-manager/api/door"
	accounts "kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/session"
)

func TestRolesOnAUnixSocket(t *testing.T) {
	const self, worker = 900, 901
	h := &handlers{self: self, opt: Options{Readers: []uint32{worker}}}
	roles := []config.Role{
		{Role: "read", Groups: []string{"5001"}},
		{Role: "operate", Users: []string{"1001", "nobody-has-this-name"}},
		{Role: "configure", Groups: []string{"5002"}},
		{Role: "configure", Token: "of no user"},
	}
	for _, test := range []struct {
		name  string
		uid   uint32
		gids  []uint32
		roles []config.Role
		want  access
	}{
		{"without roles everyone who reaches the socket", 1001, nil, nil, configure},
		{"root", 0, nil, roles, configure},
		{"the manager itself, for systemctl reload", self, nil, roles, configure},
		{"programs of ours", worker, nil, roles, read},
		{"a user", 1001, nil, roles, operate},
		{"a group", 1002, []uint32{7, 5001}, roles, read},
		{"the most of several", 1001, []uint32{5001, 5002}, roles, configure},
		{"someone else", 1003, []uint32{1001}, roles, nothing},
	} {
		got := h.known(&policy{management: config.Management{Roles: test.roles}}, &door.Caller{UID: &test.uid, GIDs: test.gids})
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := h.known(&policy{management: config.Management{Roles: roles}}, &door.Caller{}); got != nothing {
		t.Errorf("someone who is not known: %q", got)
	}
}

// A process keeps a group that is taken away from its user. A session, which has outlived the
// process that made its link, does not.
func TestSessionsLoseTheGroupsThatTheirUserLoses(t *testing.T) {
	h := &handlers{self: 900}
	nobody, no := accounts.UserID("nobody")
	group, nor := accounts.GroupID("nogroup")
	if !nor {
		group, nor = accounts.GroupID("nobody") // where there is no such group, as on Fedora
	}
	if !no || !nor {
		t.Fatal("this machine knows no user nobody, or no group of it")
	}
	const left = 54321 // nobody is not in it, and was when the link was made
	p := &policy{management: config.Management{Roles: []config.Role{
		{Role: "read", Groups: []string{fmt.Sprint(group)}}, {Role: "configure", Groups: []string{fmt.Sprint(left)}},
	}}}
	for _, test := range []struct {
		name string
		uid  uint32
		gids []uint32
		want access
	}{
		{"a group that is left", nobody, []uint32{group, left}, read},
		{"no other one", nobody, []uint32{left}, nothing},
		{"what the process did not have", nobody, nil, nothing},
		{"a user that is gone", 54322, []uint32{group, left}, nothing},
		{"root", 0, nil, configure},
	} {
		w := &response{}
		if ok := h.useHolder(w, p, session.Holder{UID: &test.uid, GIDs: test.gids}); w.rights != test.want || ok != (test.want != nothing) {
			t.Errorf("%s: %q %v, want %q", test.name, w.rights, ok, test.want)
		}
	}
}
