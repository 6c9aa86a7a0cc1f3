// SPDX-License-Identifier: Apache-2.0

package client

import "testing"

func TestAnAddressHasItsPortBehindAnAt(t *testing.T) {
	for s, want := range map[string]string{
		"127.0.0.1@53": "127.0.0.1:53", "::1@53": "[::1]:53", "host.example@5000": "host.example:5000", "a@b@53": "a@b:53",
		// All else is a path.
		"/run/s@53": "", "./127.0.0.1@53": "", "@53": "", "host": "", "host@0": "", "host@65536": "", "host@x": "",
		"[::1]@53": "", "[::1@53": "", "host:1@53": "",
	} {
		if got, ok := hostPort(s); got != want || ok != (want != "") {
			t.Errorf("%s: %q %t, want %q", s, got, ok, want)
		}
	}
}
