// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/test/product"
)

// slowClients opens connections that promise a body and send none, and opens
// each again that was closed if it is told to. It says so once all are open.
const slowClients = `
import selectors, socket, sys
number, again = int(sys.argv[1]), sys.argv[2] == "again"
all = selectors.DefaultSelector()
def open_one():
    s = socket.socket(socket.AF_UNIX)
    s.connect("` + product.Socket + `")
    s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
    all.register(s, selectors.EVENT_READ)
for i in range(number):
    open_one()
open("/tmp/slow-clients", "w").close()
while all.get_map():
    for key, _ in all.select():
        try:
            more = key.fileobj.recv(4096)
        except OSError:
            more = b""
        if not more:
            all.unregister(key.fileobj)
            key.fileobj.close()
            if again:
                try:
                    open_one()
                except OSError:
                    pass
`

// beset has a user in the group of the socket open slow connections until the
// returned function is called.
func beset(t *testing.T, number, again string) (end func()) {
	t.Helper()
	sut.Must(t, "rm", "-f", "/tmp/slow-clients")
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		sut.Sh(ctx, "exec setpriv --reuid=nobody --regid=nogroup --groups=knot-resolver python3 - "+number+" "+again+" <<'END'\n"+slowClients+"END\n")
	})
	product.Eventually(t, "the slow clients are there", func() bool { return sut.Exec(t, "test", "-e", "/tmp/slow-clients").Code == 0 })
	return func() { cancel(); all.Wait() }
}

// Whoever may open the socket cannot keep root from it, and cannot hold up an end.
func TestSlowClientsStarveNoOne(t *testing.T) {
	sut.Fresh(t, basic)
	before := len(sut.PIDs(t))
	end := beset(t, "300", "again")
	defer end()
	for range 5 {
		sut.Must(t, "kresctl", "status")
	}
	sut.Put(t, "/local-data/addresses/slow.example", `"192.0.2.7"`)
	sut.Expect(t, "slow.example.", "192.0.2.7")
	sut.Must(t, "systemctl", "stop", "kresd-manager.socket", "kresd-manager.service")
	if got := sut.Must(t, "systemctl", "show", "-p", "Result,ExecMainStatus", "kresd-manager.service"); got != "Result=success\nExecMainStatus=0\n" {
		t.Errorf("the manager ended with %s\n%s", got, sut.Journal(t.Context(), "kresd-manager.service"))
	}
	if after := len(sut.PIDs(t)); after != before {
		t.Errorf("%d units run, %d before", after, before)
	}
}

func TestASlowClientDoesNotKeepTheManager(t *testing.T) {
	sut.Fresh(t, idling)
	end := beset(t, "1", "once")
	defer end()
	gone(t)
	sut.Expect(t, "host.example.", "192.0.2.1")
}

// A dry run is answered before the change that is in progress, which goes on
// until the test lets it.
func TestDryRunsDoNotWaitForAChange(t *testing.T) {
	const file = "/run/knot-resolver/go-on"
	sut.Fresh(t, basic)
	done := make(chan product.Answer, 1)
	go func() {
		a, err := sut.Request(context.Background(), "PUT", "/v1/config/lua/policy-script", `"local ffi = require('ffi') ffi.cdef('int usleep(unsigned);') `+
			`while true do local f = io.open('`+file+`') if f then f:close() break end ffi.C.usleep(100000) end"`)
		if err != nil {
			a.Body = err.Error()
		}
		done <- a
	}()
	goOn := sync.OnceFunc(func() { sut.Must(t, "touch", file) })
	defer goOn()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	product.Eventually(t, "the change is in progress", func() bool { return sut.Status(t).State == "applying" })
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			a, err := sut.Request(ctx, "PUT", "/v1/config/workers?dry-run", "1")
			if err != nil || a.Code != 200 || !strings.Contains(a.Body, "stop") {
				t.Errorf("dry run: %d %s %v", a.Code, a.Body, err)
			}
			if a, err = sut.Request(ctx, "GET", "/v1/plan", ""); err != nil || a.Code != 200 {
				t.Errorf("plan: %d %s %v", a.Code, a.Body, err)
			}
		})
	}
	all.Wait()
	select {
	case a := <-done:
		t.Errorf("the change has ended before: %d %s", a.Code, a.Body)
	default:
		if s := sut.Status(t); s.State != "applying" {
			t.Errorf("the state is %s", s.State)
		}
	}
	goOn()
	if a := <-done; a.Code != 200 {
		t.Errorf("the change: %d %s", a.Code, a.Body)
	}
	sut.Must(t, "rm", file)
	if s := sut.Status(t); s.Workers != 2 {
		t.Errorf("%d workers", s.Workers)
	}
}
