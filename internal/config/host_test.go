// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"testing"
)

// Where an ordinary user runs the resolver, defaults are directories of theirs
// and low ports are refused by name.
func TestDefaultsOfTheHost(t *testing.T) {
	host := testHost
	host.Rundir, host.CacheDir = "/run/user/7/knot-resolver", "/home/x/.cache/knot-resolver"
	for text, want := range map[string][3]string{
		"{}": {host.Rundir, host.Rundir + "/kres-api.sock", host.CacheDir},
		"rundir: /a\ncache: {storage: /b}\nmanagement: {unix-socket: /a/c}": {"/a", "/a/c", "/b"},
		"cache: {size-max: 10M}": {host.Rundir, host.Rundir + "/kres-api.sock", host.CacheDir},
	} {
		c, err := mustParse(t, text).Config(host)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := [3]string{c.Rundir, c.Management.UnixSocket, c.Cache.Storage}; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPortsThatAUserMayNotOpen(t *testing.T) {
	host := testHost
	host.LowestPort = 1024
	for text, want := range map[string]string{
		"{}": "/network/listen",
		"network: {listen: [{interface: 127.0.0.1@5300}, {interface: 127.0.0.1, kind: dot}]}": "/network/listen/1",
		"network: {listen: [{interface: 127.0.0.1@5300}]}":                                    "",
		"network: {listen: [{interface: 127.0.0.1, port: 1024}]}":                             "",
	} {
		_, err := mustParse(t, text).Config(host)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want+":") || !strings.Contains(err.Error(), "ip_unprivileged_port_start")):
			t.Errorf("%s: %v, want a problem of %s", text, err, want)
		}
	}
}
