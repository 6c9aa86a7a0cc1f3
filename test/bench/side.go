// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// workers is how many workers both sides run.
const workers = 4

// configuration is what both sides run. It has only keys that both know, and needs no
// other server.
const configuration = `workers: 4
network:
  listen:
    - interface: 127.0.0.1
dnssec:
  enable: false
local-data:
  addresses:
    bench.home: 192.0.2.1
`

// withDoT is the same with DNS over TLS and no certificate: the workers share a key that
// the first of them makes.
var withDoT = strings.Replace(configuration, "dnssec:", "    - interface: 127.0.0.1\n      kind: dot\ndnssec:", 1)

// benchName is the name in the configuration, benchAddress its address there.
const (
	benchName    = "bench.home."
	benchAddress = "192.0.2.1"
)

// side is one of the two managers, in a machine of its own.
type side struct {
	name string
	m    *machine.Machine
	unit string // what systemctl starts
	// halt is a shell script that ends everything and leaves what a shutdown leaves: no
	// runtime directory, the state and the cache.
	halt    string
	kresctl string // path of its own
	process string // the manager's process, as ps calls it
	// sample is where this side's results go in a row.
	sample func(*row) *sample
	layers []string // what is installed over the root
	put    uint     // counts changes, to make each differ from the last
	// began and ended are of the last start.
	began, ended moment
}

// managerProcess is ours, as ps calls it.
const managerProcess = "kresd-manager"

const (
	haltStock = `systemctl stop knot-resolver.service
systemctl reset-failed`
	haltOurs = `systemctl stop kresd-manager.socket kresd-manager.service kresd.target 'kresd@*.service' kres-gc.service kres-policy-loader.service
systemctl reset-failed
rm -rf /run/kresd-manager /run/kresd-manager.rundir /run/knot-resolver
systemd-tmpfiles --create kresd-manager.conf`
)

// bootBoth boots both machines: the same root, the same file, nothing started.
func bootBoth(ctx context.Context, dir string, log machine.Logf) (stock, ours *side, err error) {
	layer, err := product.Install(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	boot := func(name string, layers ...string) (*machine.Machine, error) {
		opts := product.Options(layer, configuration)
		opts.Name, opts.Layers, opts.Log = name, layers, log
		opts.Tree, opts.Mask = tree, peerUnits
		return machine.Boot(ctx, opts)
	}
	stock = &side{name: "stock", unit: "knot-resolver.service", halt: haltStock, kresctl: "/usr/bin/kresctl", process: "python3",
		sample: func(r *row) *sample { return &r.stock }}
	ours = &side{name: "ours", unit: "kresd-manager.service", halt: haltOurs, kresctl: "/usr/local/bin/kresctl", process: managerProcess,
		sample: func(r *row) *sample { return &r.ours }}
	ours.layers = []string{layer}
	if stock.m, err = boot("bench-stock"); err != nil {
		return nil, nil, err
	}
	if ours.m, err = boot("bench-ours", layer); err != nil {
		return nil, nil, fmt.Errorf("%w (%v)", err, stock.m.Close())
	}
	return stock, ours, nil
}

// sh runs a shell script inside and returns its output.
func (s *side) sh(ctx context.Context, script string) (string, error) {
	r := s.m.Sh(ctx, script)
	if r.Code != 0 {
		return "", fmt.Errorf("exit code %d of %q\n%s%s", r.Code, script, r.Stdout, r.Stderr)
	}
	return r.Stdout, nil
}

// add records a result of this side.
func (s *side) add(r *row, value float64) { *s.sample(r) = append(*s.sample(r), value) }

// coldStart ends everything, starts it and returns the time until all workers serve.
func (s *side) coldStart(ctx context.Context) (time.Duration, error) {
	return s.startOf(ctx, s.unit)
}

// startOf is coldStart of the given units alone.
func (s *side) startOf(ctx context.Context, units ...string) (time.Duration, error) {
	if _, err := s.sh(ctx, s.halt); err != nil {
		return 0, err
	}
	s.began = now()
	r := s.m.Run(ctx, machine.Cmd{Args: append([]string{"systemctl", "start"}, units...)})
	if r.Code != 0 {
		return 0, fmt.Errorf("systemctl start %s: %s\n%s", strings.Join(units, " "), r.Stderr, s.m.Journal(ctx, units[0]))
	}
	if err := s.serving(ctx); err != nil {
		return 0, err
	}
	s.ended = now()
	return time.Duration(s.ended - s.began), nil
}
