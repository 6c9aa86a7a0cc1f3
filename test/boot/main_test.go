// SPDX-License-Identifier: Apache-2.0

// Package boot tests that a machine boots to answering DNS, with or without a
// manager. Every test boots a machine of its own, with what an earlier life of
// the machine has left on its disk.
package boot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

var (
	// layer is the installed product.
	layer string
	// state is /var/lib/kresd-manager of a machine on which the manager has
	// applied basic.
	state string
)

// basic is a configuration with two workers that share a key, and need no
// network.
const basic = `
workers: 2
hostname: resolver.example # that of a machine differs from one to the next
network:
  listen:
    - interface: 127.0.0.1
    - interface: 127.0.0.1
      kind: dot
local-data:
  addresses:
    host.example: 192.0.2.1
components:
  early: {command: [/usr/bin/sleep, infinity], priority: 300}
`

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kresd-manager-boot-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if layer, err = product.Install(context.Background(), dir); err == nil {
		state, err = live(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// live boots a machine for the first time ever, and returns what it leaves.
func live(dir string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	opts := product.Options(layer, basic)
	opts.Name, opts.Enable = "boot-first", []string{"kresd-manager.service"}
	m, err := machine.Boot(ctx, opts)
	if err != nil {
		return "", err
	}
	defer m.Close()
	if err := m.WaitUnit(ctx, "kresd-manager.service", "active"); err != nil {
		return "", fmt.Errorf("first boot: %w\n%s", err, m.Journal(ctx))
	}
	r := m.Sh(ctx, `until [ -e /var/lib/kresd-manager/boot/worker.lua ]; do sleep 0.05; done
		[ -z "$(ls -A /run/systemd/generator/kresd.target.wants 2>/dev/null)" ] || { echo "the generator acted before anything was kept"; exit 1; }
		systemctl is-system-running; systemctl --failed --no-legend`)
	if got := strings.TrimSpace(r.Stdout); got != "running" {
		return "", fmt.Errorf("after the first boot: %s%s", got, r.Stderr)
	}
	to := filepath.Join(dir, "state/var/lib")
	if err := os.MkdirAll(to, 0o755); err != nil {
		return "", err
	}
	if err := keep(ctx, m, to); err != nil {
		return "", err
	}
	return filepath.Join(dir, "state"), nil
}

// keep copies what the manager keeps for the next boot, with its owners.
func keep(ctx context.Context, m *machine.Machine, to string) error {
	from := fmt.Sprintf("/proc/%d/root/var/lib/kresd-manager", m.PID())
	if out, err := exec.CommandContext(ctx, "cp", "--archive", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot copy the state: %w\n%s", err, out)
	}
	return nil
}

// again boots the machine again. change may alter what is on its disk.
func again(t *testing.T, change func(*machine.Options)) *machine.Machine {
	t.Helper()
	opts := product.Options(layer, basic)
	opts.Name = "boot"
	opts.Layers = append(opts.Layers, state)
	if change != nil {
		change(&opts)
	}
	m := machine.Start(t, opts)
	if out := m.Journal(t.Context()); strings.Contains(out, "ordering cycle") {
		t.Errorf("there is an ordering cycle:\n%s", out)
	}
	return m
}

// verify is a command that looks at units as systemd does, with what the
// generator has made.
const verify = "SYSTEMD_UNIT_PATH=/run/systemd/generator: systemd-analyze verify --man=no"

// ask returns nil if the machine answers.
func ask(m *machine.Machine) error {
	q := new(dns.Msg)
	q.SetQuestion("host.example.", dns.TypeA)
	return m.InNetNS(func() error {
		in, _, err := (&dns.Client{Timeout: 2 * time.Second}).Exchange(q, "127.0.0.1:53")
		if err == nil && len(in.Answer) != 1 {
			err = errors.New("there is no answer in " + in.String())
		}
		return err
	})
}

// answers fails the test if the machine does not answer.
func answers(t *testing.T, m *machine.Machine) {
	t.Helper()
	if err := ask(m); err != nil {
		t.Fatalf("no DNS: %v", err)
	}
}

// failed returns the failed units and what systemd says about each.
func failed(t *testing.T, m *machine.Machine) string {
	t.Helper()
	return strings.TrimSpace(m.Sh(t.Context(), "systemctl --failed --no-legend --plain").Stdout)
}

// sh runs a script that has to succeed and returns its output.
func sh(t *testing.T, m *machine.Machine, script string) string {
	t.Helper()
	r := m.Sh(t.Context(), script)
	if r.Code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", script, r.Code, r.Stdout, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}
