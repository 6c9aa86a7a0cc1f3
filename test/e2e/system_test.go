// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the installed product on a real systemd, with real kresd
// workers and the manager as its unprivileged user.
package e2e

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// sut is the machine that all tests of the package share, one after another.
var sut product.System

func TestMain(m *testing.M) { os.Exit(product.Main(m, "e2e", basic, &sut)) }

// basic is a configuration with two workers that need no other server.
const basic = `
workers: 2
network:
  listen:
    - interface: 127.0.0.1
    - interface: 127.0.0.1
      kind: dot
dnssec:
  enable: false
local-data:
  addresses:
    host.example: 192.0.2.1
`

// What follows asks the one machine.

func fresh(t *testing.T, config string) { t.Helper(); sut.Fresh(t, config) }

func wipe(t *testing.T) { t.Helper(); sut.Wipe(t) }

func writeConfig(t *testing.T, config string) { t.Helper(); sut.WriteConfig(t, config) }

func run(t *testing.T, args ...string) machine.Result { t.Helper(); return sut.Exec(t, args...) }

func must(t *testing.T, args ...string) string { t.Helper(); return sut.Must(t, args...) }

func put(t *testing.T, pointer, value string) units.Plan {
	t.Helper()
	return sut.Put(t, pointer, value)
}

func status(t *testing.T) units.Status { t.Helper(); return sut.Status(t) }

func pids(t *testing.T) map[string]int { t.Helper(); return sut.PIDs(t) }

func expect(t *testing.T, name, address string) { t.Helper(); sut.Expect(t, name, address) }

func eventually(t *testing.T, what string, f func() bool) { t.Helper(); product.Eventually(t, what, f) }

// answer is what the API said.
type answer struct {
	code   int
	header http.Header
	body   string
}

func from(a product.Answer) answer { return answer{a.Code, a.Header, a.Body} }

func call(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	return from(sut.Call(t, method, path, body, header...))
}

func request(ctx context.Context, method, path, body string, header ...string) (answer, error) {
	a, err := sut.Request(ctx, method, path, body, header...)
	return from(a), err
}

// refused changes the configuration and expects that to fail with a status
// of 4xx and a text that contains all words.
func refused(t *testing.T, pointer, value string, words ...string) {
	t.Helper()
	a := call(t, "PUT", "/v1/config"+pointer, value)
	if a.code < 400 || a.code > 499 {
		t.Errorf("PUT %s: %d, want 4xx\n%s", pointer, a.code, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("PUT %s: the answer does not say %q:\n%s", pointer, w, a.body)
		}
	}
}

// generationOf returns the configuration that a unit announces.
func generationOf(t *testing.T, unit string) string {
	t.Helper()
	return sut.Show(t, unit, "StatusText")
}

// resolve asks for an A record and returns the addresses.
func resolve(t *testing.T, network, name string) []string {
	t.Helper()
	got, err := query(network, name)
	if err != nil {
		t.Fatalf("%s over %s: %v", name, network, err)
	}
	return got
}

func query(network, name string) ([]string, error) { return sut.Query(network, name, 5*time.Second) }
