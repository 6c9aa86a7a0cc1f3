// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a key takes is told in fields, and no one has to read its name.
func TestKeyTypesSayWhatKeysTake(t *testing.T) {
	for pointer, want := range map[string]KeyType{
		"/network":                    {Name: "object", Form: KeyObject},
		"/network/listen":             {Name: "list", Form: KeyList},
		"/network/tls/cert-file":      {Name: "rfile?", Grammar: "rfile", Text: true, Optional: true},
		"/local-data/addresses-files": {Name: "list<rfile>?", Form: KeyList, Grammar: "rfile", Text: true, Optional: true},
		"/local-data/addresses":       {Name: "map<domain,one-or-list<ip>>?", Form: KeyMap, Grammar: "ip", Text: true, Optional: true},
		"/components":                 {Name: "map<name,object>?", Form: KeyMap, Optional: true},
		"/workers":                    {Name: "int>=1|auto", Grammar: "int", Words: []string{"auto"}},
		"/logging/target":             {Name: "enum syslog stderr stdout from-arg", Grammar: "enum", Words: []string{"syslog", "stderr", "stdout", "from-arg"}},
		"/dns64/enable":               {Name: "bool", Grammar: "bool", Words: []string{"true", "false"}},
	} {
		k, err := FindKey(pointer)
		if err != nil {
			t.Errorf("%s: %v", pointer, err)
			continue
		}
		if diff := cmp.Diff(want, k.Type); diff != "" {
			t.Errorf("%s: %s", pointer, diff)
		}
	}
}

func TestFindKey(t *testing.T) {
	for _, test := range []struct{ pointer, key, tokens, fault string }{
		{"/network/listen/0/kind", "/network/listen/*/kind", "network/listen/0/kind", ""},
		{"/network/listen/kind", "/network/listen/*/kind", "network/listen/*/kind", ""},
		{"/network/listen/3", "/network/listen", "network/listen/3", ""},
		{"/local-data/addresses/a.example", "/local-data/addresses", "local-data/addresses/a.example", ""},
		{"/components/x/command/0", "/components/*/command", "components/x/command/0", ""},
		{"/network/listen/first", "", "", "there is no key /network/listen/first"},
		{"/cache/size_max", "", "", "there is no key /cache/size_max; keys are written with dashes: size-max"},
	} {
		k, err := FindKey(test.pointer)
		if test.fault != "" {
			if err == nil || err.Error() != test.fault {
				t.Errorf("%s: %v, want %s", test.pointer, err, test.fault)
			}
			continue
		}
		if err != nil || k.Pointer != test.key || strings.Join(k.Tokens, "/") != test.tokens {
			t.Errorf("%s: %s, %q, %v", test.pointer, k.Pointer, k.Tokens, err)
		}
	}
}

func TestPlacesOfAKey(t *testing.T) {
	d := mustParse(t, "{network: {listen: [{interface: lo}, {kind: dot}, {interface: [a, b]}]}, local-data: {addresses: {a/b: ::1, c: ::2}}}")
	for pointer, want := range map[string][]string{
		"/network/listen/interface": {"/network/listen/0/interface", "/network/listen/2/interface"},
		"/local-data/addresses/*":   {"/local-data/addresses/a~1b", "/local-data/addresses/c"},
		"/workers":                  nil,
	} {
		k, err := FindKey(pointer)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Places(d); !slices.Equal(got, want) {
			t.Errorf("%s: %q", pointer, got)
		}
	}
}
