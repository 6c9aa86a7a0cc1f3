// SPDX-License-Identifier: Apache-2.0

package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
)

func TestPaths(t *testing.T) {
	doc, err := config.Parse("", []byte(`
rundir: run
network:
  tls: {cert-file: /etc/cert.pem, key-file: keys/../key.pem}
management: {unix-socket: ./api.sock}
logging: {dnstap: {unix-socket: /run/tap}}
forward:
  - subtree: a
    servers: [192.0.2.1, {address: 192.0.2.2, ca-file: ca}]
  - subtree: b
    servers: {}
  - subtree: c
    servers: [{address: 192.0.2.3, ca-file: 5}]
dnssec:
  trust-anchors-files: [{file: a}, {file: ''}, {}, {file: b}]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Path{}
	for _, p := range []Path{
		{"/rundir", WriteDir, "/base/run", false},
		{"/cache/storage", WriteDir, "/var/cache/knot-resolver", true},
		{"/network/tls/cert-file", ReadFile, "/etc/cert.pem", false},
		{"/network/tls/key-file", ReadFile, "/base/keys/../key.pem", false},
		{"/management/unix-socket", BindPath, "/base/./api.sock", false},
		{"/logging/dnstap/unix-socket", ConnectPath, "/run/tap", false},
		{"/forward/0/servers/1/ca-file", ReadFile, "/base/ca", false},
		{"/dnssec/trust-anchors-files/0/file", ReadFile, "/base/a", false},
		{"/dnssec/trust-anchors-files/3/file", ReadFile, "/base/b", false},
	} {
		want[p.Pointer] = p
	}
	got := map[string]Path{}
	for _, p := range Paths(doc, "/base") {
		got[p.Pointer] = p
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDefaultSocket: the default of an optional key ends where its section
// begins.
func TestDefaultSocket(t *testing.T) {
	for text, want := range map[string]bool{"{}": true, "management: {interface: 127.0.0.1@5000}": false} {
		doc, err := config.Parse("", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, p := range Paths(doc, "/base") {
			found = found || p.Pointer == "/management/unix-socket" && p.Path == "/run/knot-resolver/kres-api.sock" && p.Default
		}
		if found != want {
			t.Errorf("%s: %v", text, found)
		}
	}
}

// TestEveryPathIsKnown: a key whose name says that it is a path has a type that
// says so, too.
func TestEveryPathIsKnown(t *testing.T) {
	for _, key := range config.Keys() {
		name := key.Pointer
		if _, ok := needOf(key.Type); ok || key.Type.Grammar == "" {
			continue
		}
		for _, end := range []string{"-file", "-files", "/file", "-socket", "/storage", "/rundir"} {
			if len(name) > len(end) && name[len(name)-len(end):] == end {
				t.Errorf("%s is of type %s, which is no path", name, key.Type.Name)
			}
		}
	}
}
