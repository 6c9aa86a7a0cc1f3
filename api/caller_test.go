// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kresd-manager/internal/config"
)

// The kernel names the process at the other end with all of its groups.
func TestCallersOnAUnixSocketAreKnown(t *testing.T) {
	dir, err := os.MkdirTemp("", "api")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	uid, gids := peer(server.(*net.UnixConn))
	if uid == nil || int(*uid) != os.Geteuid() {
		t.Errorf("uid %v, want %d", uid, os.Geteuid())
	}
	groups, err := os.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range append(groups, os.Getegid()) {
		if !slices.Contains(gids, uint32(g)) {
			t.Errorf("groups %d lack %d", gids, g)
		}
	}
}

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
		{"without roles everybody who reaches the socket", 1001, nil, nil, configure},
		{"root", 0, nil, roles, configure},
		{"the manager itself, for systemctl reload", self, nil, roles, configure},
		{"programs of ours", worker, nil, roles, read},
		{"a user", 1001, nil, roles, operate},
		{"a group", 1002, []uint32{7, 5001}, roles, read},
		{"the most of several", 1001, []uint32{5001, 5002}, roles, configure},
		{"somebody else", 1003, []uint32{1001}, roles, nothing},
	} {
		got := h.known(&policy{management: config.Management{Roles: test.roles}}, &caller{uid: &test.uid, gids: test.gids})
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := h.known(&policy{management: config.Management{Roles: roles}}, &caller{}); got != nothing {
		t.Errorf("somebody who is not known: %q", got)
	}
}
