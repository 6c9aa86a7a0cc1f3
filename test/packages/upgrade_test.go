// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kresd-manager/test/load"
	"kresd-manager/test/machine"
)

// asManager calls a method of systemd as the manager's user, with nothing but
// what polkit gives it.
func asManager(t *testing.T, method string, args ...string) machine.Result {
	t.Helper()
	return sut.Run(t.Context(), machine.Cmd{
		User:         "kresd-manager",
		Unprivileged: true,
		Args: append([]string{"busctl", "--allow-interactive-authorization=no", "call", "--", "org.freedesktop.systemd1",
			"/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", method}, args...),
	})
}

// underLoad does something while clients ask over UDP and TCP, and fails the
// test if a query of theirs is lost.
func underLoad(t *testing.T, do func()) {
	t.Helper()
	machine.Alone(t)
	const total, lead = 40 * time.Second, time.Second
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	modes := []load.Config{{Mode: load.UDP, QPS: 2000}, {Mode: load.TCP, QPS: 100}}
	reports := make(chan string, len(modes))
	for _, c := range modes {
		c.Enter, c.Addr, c.Name, c.Duration = sut.InNetNS, "127.0.0.1:53", "host.example", total
		go func() {
			r, err := load.Run(ctx, c)
			bad := ""
			if err != nil || r.Answered == 0 || r.Lost+r.Errors+r.Wrong-r.RcvbufErrors > 0 {
				bad = "LOST "
			}
			reports <- fmt.Sprintf("%s%s: %v (%v)", bad, c.Mode, r, err)
		}()
	}
	time.Sleep(lead)
	start := time.Now()
	do()
	if took := time.Since(start); took > total-2*lead {
		t.Errorf("it took %v, longer than the load", took)
	}
	time.Sleep(lead)
	stop()
	for range modes {
		if r := <-reports; r[:4] == "LOST" {
			t.Error(r)
		} else {
			t.Log(r)
		}
	}
}

func workers(t *testing.T) [2]string {
	return [2]string{pid(t, "kresd@1.service"), pid(t, "kresd@2.service")}
}

// TestUpgradeUnderLoad replaces the manager and what belongs to it, and no
// worker.
func TestUpgradeUnderLoad(t *testing.T) {
	clean(t)
	must(t, "systemctl", "mask", "-q", "knot-resolver.service")
	install(t, first)
	serves(t)
	before, manager := workers(t), pid(t, "kresd-manager.service")
	rules := must(t, "systemctl", "show", "-p", "InvocationID", "kres-policy-loader.service", "kres-gc.service")
	underLoad(t, func() { t.Log(install(t, second)) })
	if after := workers(t); after != before {
		t.Errorf("workers were the processes %v and are %v", before, after)
	}
	if after := must(t, "systemctl", "show", "-p", "InvocationID", "kres-policy-loader.service", "kres-gc.service"); after != rules {
		t.Errorf("policy-loader and garbage collector were %s and are %s", rules, after)
	}
	if after := pid(t, "kresd-manager.service"); after == manager || after == "0" {
		t.Errorf("the manager was process %s and is %s", manager, after)
	}
	must(t, "kresctl", "status")
	if out := must(t, "sh", "-c", `/proc/$(systemctl show -p MainPID --value kresd-manager)/exe --version`); out != "kresd-manager "+second+"\n" {
		t.Errorf("the manager that runs is %s", out)
	}
}

// TestUpgradeOfKnotResolverUnderLoad rolls the workers, so that they run what
// was installed.
func TestUpgradeOfKnotResolverUnderLoad(t *testing.T) {
	clean(t)
	must(t, "systemctl", "mask", "-q", "knot-resolver.service")
	install(t, first)
	serves(t)
	before := workers(t)
	// What dpkg does when it unpacks a package with this file.
	underLoad(t, func() {
		must(t, "dpkg-trigger", "--by-package=knot-resolver6", "/usr/sbin/kresd")
		must(t, "dpkg", "--triggers-only", "kresd-manager")
	})
	after := workers(t)
	for i := range after {
		if after[i] == before[i] || after[i] == "0" {
			t.Errorf("worker %d was process %s and is %s", i+1, before[i], after[i])
		}
	}
	must(t, "kresctl", "status")
}
