// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"testing"

	"kresd-manager/test/load"
)

// Queries and new connections go to workers that stay, on every address.
func TestRollLosesNothingOnAnyAddress(t *testing.T) {
	freshRoll(t, everywhere)
	reports := under(t, roll(t),
		at(load.TCP, "127.0.0.1:53", 300),
		at(load.TCP, "[::1]:5353", 100),
		at(load.TLS, "127.0.0.1:853", 50),
		at(load.DoH, "127.0.0.1:443", 50),
		at(load.UDP, "127.0.0.1:53", 500),
		at(load.UDP, "127.0.0.2:53", 500),
		at(load.UDP, "[::1]:53", 500),
		at(load.UDP, "127.0.0.1:5353", 500),
		at(load.UDP, "[::1]:5353", 500))
	for _, r := range reports[:4] {
		if r.Lost+r.Errors+r.Wrong > 0 {
			t.Errorf("connections were refused, reset or not answered: %v", r)
		}
	}
	lossless(t, reports[4:]...)
}

// Connections that stay open have to end with their worker. Each is closed
// when nothing is under way on it, right after an answer; a client that sends
// at the very moment repeats its query (RFC 7766, section 6.2.4), and one that
// knows RFC 7828 leaves before. What remains is printed.
func TestRollPartsFromConnectionsInPeace(t *testing.T) {
	freshRoll(t, everywhere)
	kept := func(mode load.Mode, addr string, keepalive bool) load.KeptConfig {
		return load.KeptConfig{Config: at(mode, addr, 300), Connections: 12, Keepalive: keepalive}
	}
	loads := []load.KeptConfig{
		kept(load.TCP, "127.0.0.1:53", false),
		kept(load.TLS, "127.0.0.1:853", false),
		kept(load.DoH, "127.0.0.1:443", false),
		kept(load.TCP, "[::1]:53", true),
		kept(load.TLS, "127.0.0.1:853", true),
	}
	for i, r := range underKept(t, roll(t), loads...) {
		if r.Refused+r.Wrong+r.Late > 0 {
			t.Errorf("connections were refused, or queries not answered on open ones: %v", r)
		}
		if r.Closed+r.Reset+r.Left == 0 {
			t.Errorf("no connection has ended: %v", r)
		}
		if loads[i].Keepalive && r.Left == 0 {
			t.Errorf("no client was told to leave: %v", r)
		}
	}
}
