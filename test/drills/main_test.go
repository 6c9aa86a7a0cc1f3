// SPDX-License-Identifier: Apache-2.0

// Package drills breaks what the product stands on, in the middle of its work,
// on a real systemd: the manager, the bus, the disk, systemd itself, and what
// an administrator does at the same time. What is left must be the old or the
// new configuration, whole, and serving.
package drills

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// sut is the machine that all tests of the package share, one after another.
var sut product.System

func TestMain(m *testing.M) { os.Exit(product.Main(m, "drills", three, &sut)) }

// three is a configuration with three workers that need no other server.
const three = `
workers: 3
network:
  listen:
    - interface: 127.0.0.1
dnssec:
  enable: false
local-data:
  addresses:
    host.example: 192.0.2.1
`

// What follows asks the one machine.

func fresh(t *testing.T, config string) { t.Helper(); sut.Fresh(t, config) }

func run(t *testing.T, args ...string) machine.Result { t.Helper(); return sut.Exec(t, args...) }

func must(t *testing.T, args ...string) string { t.Helper(); return sut.Must(t, args...) }

func put(t *testing.T, pointer, value string) units.Plan {
	t.Helper()
	return sut.Put(t, pointer, value)
}

func status(t *testing.T) units.Status { t.Helper(); return sut.Status(t) }

func pids(t *testing.T) map[string]int { t.Helper(); return sut.PIDs(t) }

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

func show(t *testing.T, unit, property string) string { t.Helper(); return sut.Show(t, unit, property) }

func query(name string, timeout time.Duration) ([]string, error) {
	return sut.Query("udp", name, timeout)
}

// serving asks for host.example again and again until the test ends, as a
// client does that repeats what is not answered. DNS must never be off.
func serving(t *testing.T) {
	t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	var asked, repeated int
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			asked++
			var err error
			for range 5 {
				if _, err = query("host.example.", time.Second); err == nil {
					break
				}
				repeated++
				time.Sleep(100 * time.Millisecond) // what is refused is refused at once
			}
			if err != nil {
				t.Errorf("DNS is off: %v", err)
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-ended
		t.Logf("%d questions asked, %d repeated", asked, repeated)
	})
}
