// SPDX-License-Identifier: Apache-2.0

package config

import "testing"

// A key that takes a text takes what was typed, and others what YAML makes of it.
func TestLiteralsAreTakenAsTyped(t *testing.T) {
	for _, test := range []struct{ pointer, typed, want string }{
		{"/hostname", "007", `"007"`},
		{"/hostname", "0x1F", `"0x1F"`},
		{"/hostname", "yes", `"yes"`},
		{"/hostname", "1e3", `"1e3"`},
		{"/hostname", "2001-01-01", `"2001-01-01"`},
		{"/hostname", "1:30", `"1:30"`},
		{"/hostname", "12345678901234567890", `"12345678901234567890"`},
		{"/hostname", "true", `"true"`},
		{"/hostname", "null", `null`},
		{"/hostname", `"007"`, `"007"`},
		{"/hostname", "'007'", `"007"`},
		{"/hostname", "[007]", `[7]`},
		{"/hostname", "ns1.example", `"ns1.example"`},
		{"/views/0/tags/-", "007", `"007"`},
		{"/local-data/records", "1.10", `"1.10"`},
		{"/local-data/addresses/printer.home", "192.0.2.7", `"192.0.2.7"`},
		{"/workers", "010", `8`},
		{"/workers", "auto", `"auto"`},
		{"/dns64/enable", "yes", `true`},
		{"/network/listen/0/interface", "[127.0.0.1]", `["127.0.0.1"]`},
		{"/logging/groups", "[cache]", `["cache"]`},
		{"/logging", "{level: debug}", `{"level":"debug"}`},
		{"", "workers: 1", `{"workers":1}`},
		{"/nope", "007", `7`},
	} {
		body, format := Literal(test.pointer, test.typed)
		d, err := ParseAs("", body, format)
		if err != nil {
			t.Errorf("%s %s: %s, %v", test.pointer, test.typed, body, err)
			continue
		}
		if got := string(d.JSON()); got != test.want {
			t.Errorf("%s %s: got %s, want %s", test.pointer, test.typed, got, test.want)
		}
	}
}
