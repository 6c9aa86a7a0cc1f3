// SPDX-License-Identifier: Apache-2.0

package lookup

import "testing"

func TestServer(t *testing.T) {
	for _, c := range []struct{ listen, protocol, want string }{
		{``, "udp", "127.0.0.1@53"},
		{`[{"interface": "0.0.0.0"}]`, "tcp", "127.0.0.1@53"},
		{`[{"interface": "::@5353"}]`, "udp", "::1@5353"},
		{`[{"interface": "192.0.2.1", "kind": "dot"}, {"interface": ["no-such-nic@54", "lo@54"]}]`, "udp", "127.0.0.1@54"},
		{`[{"interface": "192.0.2.1", "kind": "dot"}]`, "tls", "192.0.2.1@853"},
	} {
		if got, err := Server([]byte(c.listen), c.protocol); err != nil || written(got) != c.want {
			t.Errorf("%s over %s: %s, %v, want %s", c.listen, c.protocol, written(got), err, c.want)
		}
	}
	for _, protocol := range []string{"udp", "tls"} {
		if got, err := Server([]byte(`[{"interface": "192.0.2.1", "kind": "doq"}]`), protocol); err == nil {
			t.Errorf("over %s: %s", protocol, written(got))
		}
	}
}

func TestParseServer(t *testing.T) {
	for s, want := range map[string]string{
		"192.0.2.1": "192.0.2.1@53", "192.0.2.1@54": "192.0.2.1@54", "192.0.2.1:54": "192.0.2.1@54",
		"2001:db8::1": "2001:db8::1@53", "[2001:db8::1]:54": "2001:db8::1@54", "2001:db8::1@54": "2001:db8::1@54", "[2001:db8::1]": "2001:db8::1@53",
	} {
		if got, err := ParseServer(s, "udp"); err != nil || written(got) != want {
			t.Errorf("%s: %s, %v, want %s", s, written(got), err, want)
		}
	}
	for protocol, want := range map[string]string{"udp": "192.0.2.1@53", "tcp": "192.0.2.1@53", "tls": "192.0.2.1@853", "https": "192.0.2.1@443"} {
		if got, err := ParseServer("192.0.2.1", protocol); err != nil || written(got) != want {
			t.Errorf("over %s: %s, %v, want %s", protocol, written(got), err, want)
		}
	}
	for _, s := range []string{"", "dns.example", "192.0.2.1@", "192.0.2.1@0", "192.0.2.1@65536"} {
		if got, err := ParseServer(s, "udp"); err == nil {
			t.Errorf("%q: %s", s, written(got))
		}
	}
}
