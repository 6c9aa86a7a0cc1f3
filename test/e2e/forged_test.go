// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/dbusctl"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

func busAddress() string {
	return fmt.Sprintf("unix:path=/proc/%d/root/run/dbus/system_bus_socket", sut.PID())
}

// TestForgedJobResultIsNotBelieved has user no one announce the end of a job
// that goes on, to everyone and to us alone.
func TestForgedJobResultIsNotBelieved(t *testing.T) {
	if err := sut.WriteFile("/run/systemd/system/slow.service",
		[]byte("[Service]\nType=oneshot\nExecStart=/bin/sleep 1.5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "systemctl", "daemon-reload")
	defer sut.Sh(t.Context(), "systemctl stop slow.service; rm /run/systemd/system/slow.service; systemctl daemon-reload")

	// Someone who trusts any sender, to know that the forged signals arrive.
	credulous, err := dbus.Connect(busAddress())
	if err != nil {
		t.Fatal(err)
	}
	defer credulous.Close()
	if err := credulous.AddMatchSignal(dbus.WithMatchMember("JobRemoved")); err != nil {
		t.Fatal(err)
	}
	heard := make(chan *dbus.Signal, 1000)
	credulous.Signal(heard)

	client := &dbusctl.Client{Address: busAddress()}
	defer client.Close()
	if _, err := client.Observe(t.Context(), units.Scope{}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var took time.Duration
	var wg sync.WaitGroup
	wg.Go(func() {
		err = client.Start(t.Context(), "slow.service", units.JobTerms{})
		took = time.Since(began)
	})
	var job string
	product.Eventually(t, "the job is queued", func() bool {
		for line := range strings.Lines(sut.Must(t, "systemctl", "list-jobs", "--no-legend")) {
			if f := strings.Fields(line); len(f) > 1 && f[1] == "slow.service" {
				job = f[0]
			}
		}
		return job != ""
	})
	forge := func(destination ...string) {
		r := sut.Run(t.Context(), machine.Cmd{User: "nobody", Unprivileged: true, Args: append(append([]string{
			"dbus-send", "--system", "--type=signal"}, destination...),
			"/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager.JobRemoved",
			"uint32:"+job, "objpath:/org/freedesktop/systemd1/job/"+job, "string:slow.service", "string:done")})
		if r.Code != 0 {
			t.Errorf("cannot forge: %s", r.Stderr)
		}
	}
	forge()
	// Everybody's unique name is public, so a signal can also be addressed.
	for line := range strings.Lines(sut.Must(t, "busctl", "list", "--unique", "--no-legend")) {
		if f := strings.Fields(line); len(f) > 0 {
			forge("--dest=" + f[0])
		}
	}
	wg.Wait()
	if err != nil {
		t.Errorf("start: %v", err)
	}
	if took < 1400*time.Millisecond {
		t.Errorf("the job was taken for done after %s", took)
	}
	var systemd string
	if err := credulous.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, "org.freedesktop.systemd1").Store(&systemd); err != nil {
		t.Fatal(err)
	}
	forged := 0
	for len(heard) > 0 {
		sig := <-heard
		if sig.Name == "org.freedesktop.systemd1.Manager.JobRemoved" && sig.Sender != systemd {
			forged++
		}
	}
	if forged < 2 { // the broadcast, and the one addressed to it
		t.Errorf("only %d forged signals were heard", forged)
	}
}
