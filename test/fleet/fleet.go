// SPDX-License-Identifier: Apache-2.0

// Package fleet boots a few machines with kresd-manager and kres-fleet in each, joins them
// by a network, and runs an etcd on the first one: what the demo shows and the proof
// measures.
//
//	workstation   has the key that signs releases; what is typed there reaches the etcd
//	ns1           etcd, resolver, agent; may lead; ring=canary
//	ns2           resolver, agent; may lead; ring=second
//	ns3 …         resolver, agent; ns3 may lead
package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"kresd-manager/test/debian"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// Fleet is machines that run. Its methods are safe for concurrent use.
type Fleet struct {
	// Hosts are ns1, ns2 and so on.
	Hosts []*machine.Machine
	// Dir is the working directory of the workstation.
	Dir   string
	enter []string // to the workstation
	path  string   // PATH there
}

// network is where the hosts are.
var network = netip.MustParsePrefix("10.53.0.0/24")

// Local is what each host has in its own configuration file. It needs no other server, and
// answers what is asked to see whether the host is well.
const Local = `workers: 2
network: {listen: [{interface: 127.0.0.1}]}
dnssec: {enable: false}
options: {priming: false}
local-data:
  addresses: {health.example: 192.0.2.1}
`

// Base is the base of a first release.
const Base = `nsid: first
local-data:
  addresses: {www.example: 192.0.2.80}
`

// settings of a host, and of the workstation without a number.
func settings(n int, signers string) string {
	store := fmt.Sprintf("[store]\nkind = \"etcd\"\nfleet = \"test\"\nendpoints = [\"http://%s:2379\"]\n", network.Addr().Next())
	if n == 0 {
		return fmt.Sprintf("host = \"workstation\"\nallowed-signers = %q\n%s", signers, store)
	}
	head := fmt.Sprintf("host = \"ns%d\"\nlead = %t\n", n, n <= 3)
	switch n {
	case 1:
		head += "tags = [\"ring=canary\"]\n"
	case 2:
		head += "tags = [\"ring=second\"]\n"
	}
	return head + store + "[[probe]]\nname = \"health.example.\"\ntype = \"A\"\nrcode = \"NOERROR\"\n"
}

// Boot boots n hosts with all in them and nothing started, and joins them. Files are kept
// below dir. The caller closes what it returns, also if that comes with an error.
func Boot(ctx context.Context, dir string, n int, log machine.Logf) (*Fleet, error) {
	f := &Fleet{Dir: filepath.Join(dir, "workstation"), Hosts: make([]*machine.Machine, n)}
	manager, err := product.Install(ctx, dir)
	if err != nil {
		return f, err
	}
	agent, err := product.InstallFleet(ctx, dir)
	if err != nil {
		return f, err
	}
	etcd, err := debian.Program(ctx, "etcd-server", "usr/bin/etcd")
	if err != nil {
		return f, err
	}
	dropIn, err := os.ReadFile(agent + "/usr/local/share/kres-fleet/50-kres-fleet.conf")
	if err != nil {
		return f, err
	}
	public, err := f.workstation(agent)
	if err != nil {
		return f, err
	}
	err = each(n, func(i int) error {
		opts := product.Options(manager, Local)
		opts.Name, opts.Log = fmt.Sprintf("ns%d", i+1), log
		opts.Layers = append(opts.Layers, agent)
		opts.BindDirs = map[string]string{etcd: "/usr/local/bin/etcd"}
		for path, text := range map[string]string{
			"/etc/kres-fleet/kres-fleet.toml":                                settings(i+1, ""),
			"/etc/kres-fleet/allowed_signers":                                public,
			"/etc/systemd/system/kresd-manager.service.d/50-kres-fleet.conf": string(dropIn),
		} {
			opts.Files[path] = machine.File{Content: text}
		}
		var err error
		f.Hosts[i], err = machine.Boot(ctx, opts)
		return err
	})
	if err != nil {
		return f, err
	}
	f.enter = []string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", f.Hosts[0].PID()), "--"}
	return f, machine.Join(ctx, log, network, f.Hosts...)
}

// workstation makes its files, and returns who may sign.
func (f *Fleet) workstation(agent string) (signers string, err error) {
	bin := filepath.Join(f.Dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", err
	}
	key := filepath.Join(f.Dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key).CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot make a key: %w\n%s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		return "", err
	}
	signers = "alice " + string(public)
	file := filepath.Join(f.Dir, "kres-fleet.toml")
	for path, text := range map[string]string{
		filepath.Join(f.Dir, "allowed_signers"): signers,
		file:                                    settings(0, filepath.Join(f.Dir, "allowed_signers")),
		filepath.Join(bin, "follow"):            follow,
		filepath.Join(bin, "kres-fleet"):        fmt.Sprintf("#!/bin/sh\nexec %s/usr/local/bin/kres-fleet -c %s \"$@\"\n", agent, file),
	} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			return "", err
		}
	}
	f.path = bin + ":" + os.Getenv("PATH")
	return signers, nil
}

// follow is a program of the workstation: it prints where the rollout stands whenever that
// changes, until it moves no more by itself. Its exit status is that of kres-fleet(8).
const follow = `#!/bin/bash
end=$((SECONDS + 90))
while [ $SECONDS -lt $end ]; do
	all=$(kres-fleet rollout status 2>&1); status=$?
	now="$(head -n 1 <<<"$all" | cut -d, -f1) · $(grep -m 1 ' hosts have it' <<<"$all" | cut -d, -f1,3-)"
	[ "$now" = "$last" ] || echo "$now"
	last=$now
	case $now in
	*": done"* | *": reverted"* | *": paused"*)
		sed -n '/ leads$/,$p' <<<"$all"
		exit $status
		;;
	esac
	sleep 0.2
done
echo "nothing moves: $all"
exit 1
`

// Start starts the etcd, and agents and managers: the agent makes the file that the manager
// reads. It returns when all have started.
func (f *Fleet) Start(ctx context.Context) error {
	if r := f.Hosts[0].Sh(ctx, StartEtcd); r.Code != 0 {
		return fmt.Errorf("cannot start etcd: %s", r.Stderr)
	}
	return each(len(f.Hosts), func(i int) error {
		if r := f.Hosts[i].Sh(ctx, "systemctl start kres-fleet.service && systemctl start kresd-manager.service"); r.Code != 0 {
			return fmt.Errorf("cannot start ns%d: %s%s", i+1, r.Stderr, f.Hosts[i].Journal(ctx))
		}
		return nil
	})
}

// StartEtcd is a command for ns1. What the etcd has kept is there again after it was killed.
var StartEtcd = strings.ReplaceAll(`systemd-run --quiet --collect --unit=etcd --property=Type=notify --property=StateDirectory=etcd etcd \
  --data-dir /var/lib/etcd/data --listen-client-urls http://ADDRESS:2379 --advertise-client-urls http://ADDRESS:2379 --log-level warn`,
	"ADDRESS", network.Addr().Next().String())

// Workstation runs a script of bash there. kres-fleet is in its PATH, with its settings.
func (f *Fleet) Workstation(ctx context.Context, script string) machine.Result {
	cmd := exec.CommandContext(ctx, f.enter[0], append(f.enter[1:], "bash", "-c", script)...)
	cmd.Dir = f.Dir
	cmd.Env = append(os.Environ(), "PATH="+f.path, "LC_ALL=C.UTF-8", "COLUMNS=100", "SUDO_USER=alice")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	r := machine.Result{Stdout: stdout.String(), Stderr: stderr.String(), Took: time.Since(began)}
	if cmd.ProcessState == nil {
		r.Code, r.Stderr = -1, r.Stderr+err.Error()
	} else {
		r.Code = cmd.ProcessState.ExitCode()
	}
	return r
}

// Close ends all machines.
func (f *Fleet) Close() error {
	return each(len(f.Hosts), func(i int) error {
		if f.Hosts[i] == nil {
			return nil
		}
		return f.Hosts[i].Close()
	})
}

// Journal is what agents and managers have said last, for people.
func (f *Fleet) Journal(ctx context.Context) string {
	var text strings.Builder
	for i, m := range f.Hosts {
		if m != nil {
			r := m.Sh(ctx, "journalctl --quiet --no-pager --output=short-precise --lines=40 --unit='kres*' --unit=etcd.service")
			fmt.Fprintf(&text, "ns%d:\n%s", i+1, r.Stdout)
		}
	}
	return text.String()
}

// each does something for all numbers below n at a time.
func each(n int, do func(int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errors.Join(errs...)
}
