// SPDX-License-Identifier: Apache-2.0

package api

import (
	"testing"

	"kresd-manager/api/door"
	"kresd-manager/internal/config"
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
