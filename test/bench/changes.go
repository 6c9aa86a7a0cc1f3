// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kresd-manager/test/product"
	"kresd-manager/units"
)

// kind is a kind of change, of ours alone.
type kind struct {
	name string
	// change makes one that differs from the last: what to ask for, after a script.
	change func(n uint) (script, method, path, body string)
	// floor is a shell script with the same jobs, bare; "" if the change needs none.
	floor func(workers int, n uint) string
}

// certificateFile and keyFile are where the workers read theirs.
const (
	certificateFile = "/etc/knot-resolver/bench.crt"
	keyFile         = "/etc/knot-resolver/bench.key"
)

// makeCertificates makes two, between which a change changes.
const makeCertificates = `cd /etc/knot-resolver
for n in 0 1; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench.home -keyout bench.key.$n -out bench.crt.$n 2>/dev/null
	chgrp knot-resolver bench.key.$n && chmod 0640 bench.key.$n
done
cp -p bench.key.0 bench.key && cp -p bench.crt.0 bench.crt`

// encrypted is the configuration with a certificate and all that is encrypted.
var encrypted = strings.NewReplacer("network:\n", "network:\n  tls:\n    cert-file: "+certificateFile+"\n    key-file: "+keyFile+"\n",
	"dnssec:", "    - interface: 127.0.0.1\n      kind: dot\n    - interface: 127.0.0.1\n      kind: doh2\n    - interface: 127.0.0.1\n      kind: doq\ndnssec:").Replace(configuration)

// prepareChanges has ours run with what every kind of change is about.
func (b *bench) prepareChanges(ctx context.Context) error {
	const rule = "ln -sf /usr/local/share/kresd-manager/49-kresd-manager-limits.rules /etc/polkit-1/rules.d/; sleep 2"
	if _, err := b.ours.sh(ctx, makeCertificates+"\n"+rule); err != nil {
		return err
	}
	return b.ours.reloadWith(ctx, encrypted)
}

func putKind(name, path string, value func(uint) string, floor func(int, uint) string) kind {
	return kind{name, func(n uint) (string, string, string, string) {
		return "", http.MethodPut, "/v1/config" + path, value(n)
	}, floor}
}

func constant(script string) func(int, uint) string { return func(int, uint) string { return script } }

// each is a script with a line for each worker, in which %d is its number.
func each(line string) func(int, uint) string {
	return func(workers int, _ uint) string {
		var b strings.Builder
		for n := range workers {
			fmt.Fprintf(&b, line+"\n", n+1)
		}
		return b.String()
	}
}

var kinds = []kind{
	putKind("nothing", addressPointer, func(uint) string { return `"` + benchAddress + `"` }, constant("")),
	putKind("rules", addressPointer, func(n uint) string { return fmt.Sprintf(`"192.0.2.%d"`, 10+n%200) }, constant("systemctl restart kres-policy-loader.service")),
	{"certificate", func(n uint) (string, string, string, string) {
		return fmt.Sprintf("cd /etc/knot-resolver; for f in crt key; do cp -p bench.$f.%d bench.$f.new; mv bench.$f.new bench.$f; done", n%2), http.MethodPost, "/reload", ""
	}, constant("")},
	putKind("worker key", "/nsid", func(n uint) string { return fmt.Sprintf(`"n%d"`, n) }, func(workers int, n uint) string {
		// The canary is one restart more, as is the spare of an only worker: the manager lets
		// no one else start these.
		others := 1
		if workers == 1 {
			others = 2
		}
		return strings.Repeat("systemctl restart kresd@1.service\n", others) + each("systemctl restart kresd@%d.service")(workers, n)
	}),
	putKind("collector", "/cache/garbage-collector/release", func(n uint) string { return strconv.Itoa(int(10 + n%20)) }, constant("systemctl restart kres-gc.service")),
	putKind("limits", "/systemd/cpu-weight", func(n uint) string { return strconv.Itoa(int(100 + n%100)) }, func(workers int, n uint) string {
		return each(fmt.Sprintf("systemctl set-property --runtime kresd@%%d.service CPUWeight=%d", 100+n%100))(workers, n)
	}),
}

// changing measures every kind of change with few and with many workers, each beside the
// same jobs bare. Other measures find the side as it was before, also if that fails.
func (b *bench) changing(ctx context.Context) error {
	err := b.everyKind(ctx)
	return errors.Join(err, b.ours.reloadWith(ctx, configuration))
}

func (b *bench) everyKind(ctx context.Context) error {
	s := b.ours
	if err := b.prepareChanges(ctx); err != nil {
		return err
	}
	steps, end := s.followSteps(ctx)
	defer end()
	rows := map[string]*row{}
	for _, n := range []int{1, 2, 4, 8, 16} {
		for _, name := range append(kindNames(), "count") {
			r := b.addTo(changes, nameOf(name, n), seconds, above(1.2, 0.020))
			rows[r.what] = r
		}
	}
	for _, n := range []int{1, 2, 4, 8, 16} {
		// In the file, which a change of the certificate has read again.
		if err := s.reloadWith(ctx, strings.Replace(encrypted, "workers: 4\n", fmt.Sprintf("workers: %d\n", n), 1)); err != nil {
			return err
		}
		for _, k := range kinds {
			if err := s.changeKind(ctx, b, k, n, rows[nameOf(k.name, n)], steps); err != nil {
				return fmt.Errorf("%s with %d workers: %w", k.name, n, err)
			}
		}
		if err := s.changeCount(ctx, b, n, rows[nameOf("count", n)], steps); err != nil {
			return fmt.Errorf("one more than %d workers: %w", n, err)
		}
	}
	return nil
}

// nameOf is the row of a kind with a number of workers.
func nameOf(kind string, n int) string {
	if n == 1 {
		return kind + ": 1 worker"
	}
	return fmt.Sprintf("%s: %d workers", kind, n)
}

func kindNames() (all []string) {
	for _, k := range kinds {
		all = append(all, k.name)
	}
	return all
}

// reloadWith has this side run another configuration.
func (s *side) reloadWith(ctx context.Context, text string) error {
	if err := s.m.WriteFile(product.ConfigFile, []byte(text), 0o644); err != nil {
		return err
	}
	_, err := s.sh(ctx, "kresctl reload --quiet")
	return err
}

// countTo sets the number of workers.
func (s *side) countTo(ctx context.Context, n int) error {
	_, err := s.change(ctx, "/workers", strconv.Itoa(n))
	return err
}

// changeRounds is how often a kind is taken; rolls of many workers take seconds.
func changeRounds(workers int) int {
	if workers > 4 {
		return 2
	}
	return 4
}

// changeKind takes a change and its floor in turn.
func (s *side) changeKind(ctx context.Context, b *bench, k kind, workers int, r *row, steps *follower) error {
	round := func() error {
		s.put++
		script, method, path, body := k.change(s.put)
		if _, err := s.sh(ctx, script); err != nil {
			return err
		}
		if err := s.timed(ctx, r, method, path, body, steps); err != nil {
			return err
		}
		took := 0.0
		if bare := k.floor(workers, s.put); bare != "" {
			var err error
			if took, err = s.inside(ctx, bare); err != nil {
				return err
			}
		}
		r.floor = append(r.floor, took)
		// They count as starts, of which systemd allows a number in a time.
		_, err := s.sh(ctx, "systemctl reset-failed 'kresd@*.service'")
		return err
	}
	if err := b.forget(round); err != nil {
		return err
	}
	for range changeRounds(workers) {
		if err := round(); err != nil {
			return err
		}
	}
	return nil
}

// changeCount takes the start of one more worker.
func (s *side) changeCount(ctx context.Context, b *bench, workers int, r *row, steps *follower) error {
	unit := units.Worker(workers + 1)
	round := func() error {
		if err := s.timed(ctx, r, http.MethodPut, "/v1/config/workers", strconv.Itoa(workers+1), steps); err != nil {
			return err
		}
		// What a worker may use is a job of its own, and gone with the worker.
		weight, err := s.sh(ctx, "systemctl show -P CPUWeight "+unit)
		if err != nil {
			return err
		}
		if err := s.countTo(ctx, workers); err != nil {
			return err
		}
		bare := "systemctl start " + unit
		if weight = strings.TrimSpace(weight); weight != "[not set]" {
			bare = "systemctl set-property --runtime " + unit + " CPUWeight=" + weight + "\n" + bare
		}
		// Nothing that runs and is not configured stays for long: the manager would stop it.
		took, err := s.withoutManager(ctx, func() (float64, error) { return s.inside(ctx, bare) }, "systemctl stop "+unit)
		if err != nil {
			return err
		}
		r.floor = append(r.floor, took)
		_, err = s.sh(ctx, "systemctl reset-failed 'kresd@*.service'")
		return err
	}
	if err := b.forget(round); err != nil {
		return err
	}
	for range changeRounds(workers) {
		if err := round(); err != nil {
			return err
		}
	}
	return nil
}

// withoutManager measures something while the manager stands still, and runs a script after
// it, whatever comes of it, before the manager goes on.
func (s *side) withoutManager(ctx context.Context, f func() (float64, error), after string) (took float64, err error) {
	const signal = "systemctl kill --kill-whom=main --signal=%s kresd-manager.service"
	if _, err := s.sh(ctx, fmt.Sprintf(signal, "STOP")); err != nil {
		return 0, err
	}
	took, err = f()
	_, serr := s.sh(ctx, after)
	_, cerr := s.sh(ctx, fmt.Sprintf(signal, "CONT"))
	return took, errors.Join(err, serr, cerr)
}

// timed sends one request and records how long the answer took, and which steps it had.
func (s *side) timed(ctx context.Context, r *row, method, path, body string, steps *follower) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	began := time.Now()
	if _, err := c.do(method, path, body); err != nil {
		return err
	}
	took := since(began)
	s.add(r, took)
	r.traced(append(steps.since(began), span{"the answer", took, took}))
	return nil
}

// inside measures a script by the clock of the machine's shell: entering it would count.
func (s *side) inside(ctx context.Context, script string) (float64, error) {
	text, err := s.sh(ctx, "began=${EPOCHREALTIME/./}\n"+script+"\necho $((${EPOCHREALTIME/./} - began))")
	if err != nil {
		return 0, err
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	micros, err := strconv.Atoi(lines[len(lines)-1])
	if err != nil {
		return 0, fmt.Errorf("cannot read the time: %w", err)
	}
	return float64(micros) / 1e6, nil
}
