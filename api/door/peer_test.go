// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
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
	uid, gids, logged := peer(server.(*net.UnixConn))
	if got, want := logged, loginOf(t); (got == nil) != (want == nil) || got != nil && *got != *want {
		t.Errorf("login uid %v, want %v", got, want)
	}
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
