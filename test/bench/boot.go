// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// bootConfiguration names the host, whose name differs from boot to boot here.
const bootConfiguration = configuration + "hostname: bench.example\n"

// Inside a machine that boots: this program, and what it leaves.
const (
	watcher     = "/opt/first-answer"
	watcherUnit = "first-answer.service"
	answered    = "/run/first-answer"
)

// booting measures from the start of PID 1 to the first answer: of the stock
// service, of ours as packages enable it, and of ours with the manager disabled.
func (b *bench) booting(ctx context.Context) error {
	r := b.add("PID 1 starts until DNS answers", seconds, share(2))
	r.note = "booted again, with what the first boot has left on disk"
	alone := b.add("the same, our manager disabled", seconds, share(2))
	if err := b.generating(ctx); err != nil {
		return err
	}
	state, err := b.firstBoot(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(state)
	return b.interleave(ctx, 3, func(s *side) error {
		opts := product.Options("", bootConfiguration)
		if s == b.stock {
			opts.Layers, opts.Stock = nil, true
			took, err := bootOnce(ctx, opts)
			s.add(r, took)
			s.add(alone, took)
			return err
		}
		opts.Layers = append(s.layers, state)
		took, err := bootOnce(ctx, opts)
		if err != nil {
			return err
		}
		s.add(alone, took)
		opts.Enable = []string{"kresd-manager.service"}
		took, err = bootOnce(ctx, opts)
		s.add(r, took)
		return err
	})
}

// generating measures what the generator adds to a boot with a large file.
func (b *bench) generating(ctx context.Context) error {
	r := b.add("kresd-generator, 100 000 lines", seconds, atMost(0.030, "30 ms"))
	const file, runs = "/tmp/large.yaml", 10
	var text strings.Builder
	text.WriteString(configuration)
	for n := range 100_000 {
		text.WriteString("    host" + strconv.Itoa(n) + ".bench.home: 192.0.2.1\n")
	}
	if err := b.ours.m.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		return err
	}
	script := fmt.Sprintf(`cd /tmp && mkdir -p generated && began=$(date +%%s%%N) && for n in $(seq %d); do
		/usr/local/lib/systemd/system-generators/kresd-generator --config %s generated || exit 1
	done && echo $(($(date +%%s%%N) - began))`, runs, file)
	for range 5 {
		out, err := b.ours.sh(ctx, script)
		if err != nil {
			return err
		}
		ns, err := strconv.ParseFloat(strings.TrimSpace(out), 64)
		if err != nil {
			return err
		}
		b.ours.add(r, ns/runs/1e9)
	}
	return nil
}

// firstBoot returns a layer with what ours keeps for later boots.
func (b *bench) firstBoot(ctx context.Context) (layer string, err error) {
	opts := product.Options(b.ours.layers[0], bootConfiguration)
	opts.Name, opts.Enable = "bench-first", []string{"kresd-manager.service"}
	opts.Tree, opts.Mask = tree, peerUnits
	m, err := machine.Boot(ctx, opts)
	if err != nil {
		return "", err
	}
	defer m.Close()
	if layer, err = os.MkdirTemp("", "kresd-manager-bench-"); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(layer, "var/lib"), 0o755); err != nil {
		return layer, err
	}
	if err := os.Chmod(layer, 0o755); err != nil {
		return layer, err
	}
	const kept = "timeout 30 sh -c 'until [ -e /var/lib/kresd-manager/boot/worker.lua ]; do sleep 0.1; done'"
	if r := m.Sh(ctx, kept); r.Code != 0 {
		return layer, fmt.Errorf("nothing was kept for the next boot\n%s", m.Journal(ctx, "kresd-manager"))
	}
	from := fmt.Sprintf("/proc/%d/root/var/lib/kresd-manager", m.PID())
	if out, err := exec.CommandContext(ctx, "cp", "--archive", from, layer+"/var/lib").CombinedOutput(); err != nil {
		return layer, fmt.Errorf("cannot copy the state: %w\n%s", err, out)
	}
	return layer, nil
}

// bootOnce boots a machine and returns the seconds until it answered.
func bootOnce(ctx context.Context, opts machine.Options) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	opts.Name = "bench-boot"
	opts.Tree, opts.Mask = tree, peerUnits
	opts.BindDirs = map[string]string{self: watcher}
	opts.Enable = append([]string{watcherUnit}, opts.Enable...)
	opts.Files["/etc/systemd/system/"+watcherUnit] = machine.File{Content: "[Unit]\nDefaultDependencies=no\n[Service]\nType=exec\nExecStart=" + watcher +
		" " + watchArg + "\n[Install]\nWantedBy=sysinit.target\n"}
	m, err := machine.Boot(ctx, opts)
	if err != nil {
		return 0, err
	}
	defer m.Close()
	r := m.Sh(ctx, "timeout 60 sh -c 'until [ -e "+answered+" ]; do sleep 0.05; done'; cat "+answered+"; systemctl show -P UserspaceTimestampMonotonic")
	times := strings.Fields(r.Stdout)
	if len(times) != 2 {
		return 0, fmt.Errorf("it does not answer: %s%s\n%s", r.Stdout, r.Stderr, m.Journal(ctx))
	}
	end, err := strconv.ParseInt(times[0], 10, 64)
	if err != nil {
		return 0, err
	}
	start, err := strconv.ParseInt(times[1], 10, 64)
	return float64(end-start) / 1e6, err
}

// watchArg makes this program the one that waits for the first answer.
const watchArg = "--watch-boot"

// watchBoot is that program: it notes when there was an answer, in microseconds
// of the clock that systemd's times are of.
func watchBoot() {
	if len(os.Args) != 2 || os.Args[1] != watchArg {
		return
	}
	client := dns.Client{Timeout: 200 * time.Millisecond}
	for ; ; time.Sleep(2 * time.Millisecond) {
		in, _, err := client.Exchange(new(dns.Msg).SetQuestion(benchName, dns.TypeA), "127.0.0.1:53")
		if err != nil || len(in.Answer) == 0 {
			continue
		}
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
			os.Exit(1)
		}
		text := strconv.FormatInt(now.Nano()/1000, 10) + "\n"
		if os.WriteFile(answered+".new", []byte(text), 0o644) != nil || os.Rename(answered+".new", answered) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
}
