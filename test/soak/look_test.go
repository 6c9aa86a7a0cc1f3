// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"kresd-manager/internal/kresd"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// real is what systemd says of a unit.
type real struct {
	load, active, sub, text string
	pid                     int
	frozen                  bool
}

// stuck means that the unit was killed while it was frozen, which ends with the next
// boot (units.Observed.Stuck).
func (r real) stuck() bool { return r.frozen && r.pid == 0 && r.active != "active" }

// reality is all of it, by unit.
type reality map[string]real

// looked are the units that are looked at.
func looked() []string {
	names := []string{units.Manager, units.Socket, units.Target, units.PolicyLoader, units.CacheGC}
	for n := range most {
		names = append(names, units.Worker(n+1))
	}
	return names
}

// ask runs a command of the one who looks, which must not hang.
func ask(script string) machine.Result {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return sut.Sh(ctx, script)
}

// look asks systemd.
func look() (reality, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	all := sut.Units(ctx, looked(), "LoadState", "ActiveState", "SubState", "MainPID", "StatusText", "FreezerState")
	if len(all) != len(looked()) {
		return nil, fmt.Errorf("systemd tells of %d units in place of %d", len(all), len(looked()))
	}
	found := reality{}
	for _, v := range all {
		pid, _ := strconv.Atoi(v["MainPID"])
		found[v["Id"]] = real{
			load: v["LoadState"], active: v["ActiveState"], sub: v["SubState"], text: v["StatusText"],
			pid: pid, frozen: v["FreezerState"] != "" && v["FreezerState"] != "running",
		}
	}
	return found, nil
}

// jobs returns what systemd still has to do.
func jobs() string {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	pending, err := sut.Jobs(ctx)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, j := range pending {
		all = append(all, j.Unit+" "+j.Type+" "+j.State)
	}
	return strings.Join(all, ", ")
}

// inside is a path of the machine as this process sees it.
func inside(path string) string { return fmt.Sprintf("/proc/%d/root%s", sut.PID(), path) }

// control asks which process answers on the control socket of a worker.
func control(worker int) (pid int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c, err := kresd.Dial(ctx, inside(kresd.Socket("/run/knot-resolver", strconv.Itoa(worker))))
	if err != nil {
		return 0, err
	}
	defer c.Close()
	err = c.Eval("worker.pid", &pid)
	return pid, err
}

// everyWorker is how many clients ask, each from a port of its own,
// so that every worker is asked, most likely.
const everyWorker = 24

// answers asks for a name often and returns all answers that clients get.
func answers(name string) map[string]int {
	return everyone(func() string {
		a, err := sut.Query("udp", name, time.Second)
		if err != nil {
			return "failed"
		}
		return strings.Join(a, " ")
	})
}

// served returns the names of the certificates that clients see.
func served() map[string]int { return everyone(certificateOf) }

// everyone counts what clients get that ask at the same time.
func everyone(ask func() string) map[string]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	got := map[string]int{}
	for range everyWorker {
		all.Go(func() {
			what := ask()
			mu.Lock()
			defer mu.Unlock()
			got[what]++
		})
	}
	all.Wait()
	return got
}

func certificateOf() string {
	name := "failed"
	_ = sut.InNetNS(func() error {
		c, err := net.DialTimeout("tcp", "127.0.0.1:853", time.Second)
		if err != nil {
			return err
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(2 * time.Second))
		t := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		if err := t.Handshake(); err != nil {
			return err
		}
		name = t.ConnectionState().PeerCertificates[0].Subject.CommonName
		return nil
	})
	return name
}

// there reports whether the API socket can be seen.
func there() bool { return ask("test -S "+product.Socket).Code == 0 }
