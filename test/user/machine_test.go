// SPDX-License-Identifier: Apache-2.0

// Package user tests the manager without anything installed, on a real systemd:
// an ordinary user's own, and the system's with the manager as root.
package user

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// sut is the machine that all tests of the package share, one after another.
var sut *machine.Machine

// The ordinary user.
const (
	name    = "ann"
	uid     = "1000"
	session = "/run/user/" + uid
	socket  = session + "/knot-resolver/kres-api.sock"
)

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kresd-manager-user-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	layer, err := product.Build(context.Background(), dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return machine.Main(m, machine.Options{
		Name:   "user",
		Layers: []string{layer},
		Files: map[string]machine.File{
			"/etc/sysusers.d/" + name + ".conf": {Content: "u " + name + " " + uid + " - /home/" + name + " /bin/bash\n"},
			"/etc/tmpfiles.d/" + name + ".conf": {Content: "d /home/" + name + " 0700 " + name + " " + name + "\n"},
		},
	}, &sut)
}

const basic = `
workers: 2
network:
  listen:
    - interface: 127.0.0.1
      port: 5300
dnssec:
  enable: false
local-data:
  addresses:
    host.example: 192.0.2.1
`

// root runs a command inside as root and wants it to succeed.
func root(t *testing.T, args ...string) string {
	t.Helper()
	return want(t, machine.Cmd{Args: args})
}

// ann runs a command inside as the user, in a session.
func ann(t *testing.T, args ...string) string {
	t.Helper()
	return want(t, cmd(args...))
}

func cmd(args ...string) machine.Cmd {
	return machine.Cmd{User: name, Unprivileged: true, Args: args,
		Env: []string{"XDG_RUNTIME_DIR=" + session, "DBUS_SESSION_BUS_ADDRESS=unix:path=" + session + "/bus"}}
}

func want(t *testing.T, c machine.Cmd) string {
	t.Helper()
	r := sut.Run(t.Context(), c)
	if r.Code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", strings.Join(c.Args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// ask returns the address that a name has.
func ask(port int, name string) (string, error) {
	q := new(dns.Msg)
	q.SetQuestion(name, dns.TypeA)
	c := dns.Client{Timeout: 5 * time.Second}
	var got string
	err := sut.InNetNS(func() error {
		in, _, err := c.Exchange(q, fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		if len(in.Answer) != 1 {
			return fmt.Errorf("%d answers, response code %d", len(in.Answer), in.Rcode)
		}
		a, ok := in.Answer[0].(*dns.A)
		if !ok {
			return fmt.Errorf("found %s", in.Answer[0])
		}
		got = a.A.String()
		return nil
	})
	return got, err
}

// asking asks for a name over and over, many at the same time, until the
// function that it returns is called. An answer that does not come, or another
// one, fails the test.
func asking(t *testing.T, port int, name, address string) (stop func()) {
	t.Helper()
	machine.Alone(t)
	ended := make(chan struct{})
	var group sync.WaitGroup
	var asked atomic.Int64
	for range 8 {
		group.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				if got, err := ask(port, name); err != nil || got != address {
					t.Errorf("query %d: %q, %v", asked.Load(), got, err)
				}
				asked.Add(1)
			}
		})
	}
	return func() {
		t.Helper()
		close(ended)
		group.Wait()
		if n := asked.Load(); n < 100 {
			t.Errorf("only %d queries were asked", n)
		}
	}
}

// expect fails the test unless a name has exactly this address.
func expect(t *testing.T, port int, name, address string) {
	t.Helper()
	if got, err := ask(port, name); err != nil || got != address {
		t.Errorf("%s on port %d is %q, %v; want %s", name, port, got, err, address)
	}
}

// eventually waits up to thirty seconds for a condition.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("did not happen within 30 s: %s", what)
}
