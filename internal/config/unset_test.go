// SPDX-License-Identifier: Apache-2.0

package config

import "testing"

func TestDeclaredKeysThatNoOneSet(t *testing.T) {
	doc, err := Parse("", []byte(`
workers: 2
nsid: null
network: {listen: [{interface: 127.0.0.1@5353}]}
components: {a: {command: [/bin/true]}}
local-data: {addresses: {a.example.: 192.0.2.1}}
options: null
`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]bool{
		"":                                  false,
		"/hostname":                         true,
		"/logging":                          true,
		"/logging/level":                    true, // though its section is not there either
		"/network/tls":                      true,
		"/network/tls/cert-file":            true,
		"/network/listen/0/kind":            true,
		"/components/a/kind":                true,
		"/options/minimize":                 true,
		"/workers":                          false, // it is set
		"/nsid":                             false, // to null
		"/nope":                             false,
		"/hostname/x":                       false,
		"/network/listen/1":                 false,
		"/network/listen/-":                 false,
		"/network/listen/1/kind":            false,
		"/network/listen/x/kind":            false,
		"/views/0":                          false,
		"/views/0/subnets":                  false,
		"/components/b":                     false,
		"/components/b/kind":                false,
		"/local-data/addresses/b.example.":  false,
		"/local-data/addresses/a.example./": false,
		"/Hostname":                         false,
		"hostname":                          false,
		"/":                                 false,
		"/logging/":                         false,
	} {
		if got := doc.Unset(pointer); got != want {
			t.Errorf("%q: %t, want %t", pointer, got, want)
		}
	}
}
