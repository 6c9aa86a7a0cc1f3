// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/load"
	"kresd-manager/test/machine"
)

const (
	peerQPS    = 10_000 // all of them serve that on two cores
	peerListed = 100_000
	// peerPatience is how long something may take to be in force.
	peerPatience = 20 * time.Second
)

// peerRows are what is measured of every peer.
type peerRows struct{ took, lost, worst *row }

// comparing measures other resolvers beside both sides, one after another: the same data, the
// same load, and for each the commands that its manual names.
func (b *bench) comparing(ctx context.Context) error {
	m, err := machine.Boot(ctx, machine.Options{Name: "bench-peers", Tree: tree, Mask: peerUnits, Log: func(string, ...any) {}})
	if err != nil {
		return err
	}
	defer m.Close()
	other := &side{name: "peers", m: m}
	rows := make([]peerRows, len(peerEvents))
	for i, e := range peerEvents {
		rows[i] = peerRows{b.addTo(peers, e.rows()[0], seconds), b.addTo(peers, e.rows()[1], number), b.addTo(peers, e.rows()[2], seconds)}
	}
	memory := b.addTo(peers, peerMemory, bytes)
	brokenList := b.addTo(peers, "a broken block list", number)
	brokenFile := b.addTo(peers, "a broken configuration file", number)
	for _, p := range peersOf() {
		s := other
		switch p.name {
		case "here":
			s = b.ours
		case "stock":
			s = b.stock
		}
		if err := s.serve(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for i, e := range peerEvents {
			for range 3 {
				if err := s.event(ctx, p, e.data, e.by(p), e.so, rows[i], memory); err != nil {
					return fmt.Errorf("%s, until %s: %w", p.name, e.what, err)
				}
			}
		}
		for _, c := range []struct {
			row    *row
			data   data
			script string
		}{
			{brokenList, data{listed: 10, brokenList: true}, p.list},
			{brokenFile, data{listed: 10, brokenFile: true}, p.config},
		} {
			words, err := s.refuses(ctx, p, c.data, c.script)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			c.row.words[p.name] = words
		}
		if s == other {
			if _, err := s.sh(ctx, "systemctl stop "+p.unit); err != nil {
				return err
			}
		}
	}
	for _, s := range b.sides() {
		if err := s.startPlain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// record adds a result of a peer.
func (p peer) record(r *row, value float64) {
	switch p.name {
	case "here":
		r.ours = append(r.ours, value)
	case "stock":
		r.stock = append(r.stock, value)
	default:
		r.others[p.name] = append(r.others[p.name], value)
	}
}

// write writes the files of a peer.
func (s *side) write(ctx context.Context, p peer, d data) error {
	s.put++
	d.serial = s.put
	for path, text := range p.files(d) {
		if err := s.m.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	_, err := s.sh(ctx, "chmod a+rx /etc/bench")
	return err
}

// serve starts a peer with the short list.
func (s *side) serve(ctx context.Context, p peer) error {
	if err := s.write(ctx, p, data{}); err != nil {
		return err
	}
	// Some listen only on addresses that an interface has.
	if _, err := s.sh(ctx, "ip address replace "+secondListener+"/8 dev lo; systemctl unmask --quiet "+p.unit+"; systemctl restart "+p.unit); err != nil {
		return err
	}
	return s.until(ctx, p.name+" serves", func() (bool, error) { return s.everyone(s.served), nil })
}

// served reports whether what is there from the start is.
func (s *side) served() bool {
	return s.lookUp("127.0.0.1", benchName) == benchAddress && s.lookUp("127.0.0.1", listedName) == listedAddress
}

// everyone asks so often that every worker or thread will have been asked.
func (s *side) everyone(so func() bool) bool {
	for range 4 * workers {
		if !so() {
			return false
		}
	}
	return true
}

// lookUp asks once for an address, from a port of its own: it, or the response code, or ""
// for no answer.
func (s *side) lookUp(server, name string) (what string) {
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	client := dns.Client{Timeout: 200 * time.Millisecond}
	_ = s.m.InNetNS(func() error {
		in, _, err := client.Exchange(q, server+":53")
		if err != nil {
			return err
		}
		what = dns.RcodeToString[in.Rcode]
		for _, record := range in.Answer {
			if a, ok := record.(*dns.A); ok {
				what = a.A.String()
			}
		}
		return nil
	})
	return what
}

// event measures one change under load, from the command until all see it, and goes back.
func (s *side) event(ctx context.Context, p peer, d data, script string, so func(*side) bool, rows peerRows, memory *row) error {
	var took time.Duration
	var peak int
	config := s.load(load.UDP, peerQPS)
	report, err := during(ctx, func(ctx context.Context) (load.Report, error) { return load.Run(ctx, config) }, func() error {
		if err := s.write(ctx, p, d); err != nil {
			return err
		}
		watched, done := make(chan int, 1), make(chan error, 1)
		if d.listed > 0 {
			go func() { watched <- s.peak(ctx, p.processes) }()
		}
		began := time.Now()
		go func() { _, err := s.sh(ctx, script); done <- err }()
		for !so(s) {
			if time.Since(began) > peerPatience {
				return fmt.Errorf("not so after %v", peerPatience)
			}
			time.Sleep(time.Millisecond)
		}
		took = time.Since(began)
		// Others may not see it yet.
		for !s.everyone(func() bool { return so(s) }) {
			if took = time.Since(began); took > peerPatience {
				return fmt.Errorf("not everyone sees it after %v", peerPatience)
			}
		}
		err := <-done
		if d.listed > 0 {
			if _, serr := s.sh(ctx, "touch "+peakEnd); err == nil {
				err = serr
			}
			peak = <-watched
		}
		return err
	})
	if err != nil {
		return err
	}
	p.record(rows.took, took.Seconds())
	p.record(rows.lost, missing(report))
	p.record(rows.worst, report.Worst.Seconds())
	if d.listed > 0 {
		p.record(memory, float64(peak))
	}
	if err := s.write(ctx, p, data{}); err != nil {
		return err
	}
	if _, err := s.sh(ctx, p.back()); err != nil {
		return err
	}
	return s.until(ctx, "it is as before", func() (bool, error) { return s.everyone(s.served), nil })
}

// peakEnd ends peak.
const peakEnd = "/run/bench-peak-end"

// peak returns the largest sum of the proportional set sizes, in bytes, of processes whose
// names match, until the file peakEnd is there.
func (s *side) peak(ctx context.Context, processes string) int {
	text, err := s.sh(ctx, fmt.Sprintf(`rm -f %[2]s; peak=0
until [ -e %[2]s ]; do
	now=0
	for pid in $(pgrep '%[1]s'); do
		while read -r key value _; do [ "$key" != Pss: ] || now=$((now + value)); done 2>/dev/null </proc/$pid/smaps_rollup || true
	done
	[ $now -le $peak ] || peak=$now
	sleep 0.05
done
echo $peak`, processes, peakEnd))
	if err != nil {
		return 0
	}
	kib, _ := strconv.Atoi(strings.TrimSpace(text))
	return kib * 1024
}

// refuses says what becomes of something broken: the exit code of the command that puts it
// in force, and what is served afterwards.
func (s *side) refuses(ctx context.Context, p peer, d data, script string) (string, error) {
	// A list that is in force, so that it can be lost.
	if err := s.write(ctx, p, data{listed: 10}); err != nil {
		return "", err
	}
	if _, err := s.sh(ctx, "systemctl reset-failed\n"+p.list); err != nil {
		return "", err
	}
	listed := func() bool { return s.lookUp("127.0.0.1", listedName) == "NXDOMAIN" }
	if err := s.until(ctx, "the list is in force", func() (bool, error) { return s.everyone(listed), nil }); err != nil {
		return "", err
	}
	if err := s.write(ctx, p, d); err != nil {
		return "", err
	}
	r := s.m.Sh(ctx, script)
	time.Sleep(500 * time.Millisecond) // some answer before they have read
	words := "refused"
	if r.Code == 0 {
		words = "exit code 0"
	}
	switch {
	case !s.everyone(func() bool { return s.lookUp("127.0.0.1", benchName) == benchAddress }):
		words += ", no longer serves"
	case !s.everyone(listed):
		words += ", serves without the list"
	default:
		words += ", serves, list in force"
	}
	if err := s.write(ctx, p, data{}); err != nil {
		return "", err
	}
	_, err := s.sh(ctx, "systemctl reset-failed; systemctl restart "+p.unit)
	if err != nil {
		return "", err
	}
	return words, s.until(ctx, "it is as before", func() (bool, error) { return s.everyone(s.served), nil })
}

// peerMemory is a row.
const peerMemory = "memory (PSS) at most, while the list is loaded"

// peerEvent is what people do to a resolver that serves.
type peerEvent struct {
	what string
	data data
	by   func(peer) string
	so   func(*side) bool
}

var peerEvents = []peerEvent{
	{"a new local name is answered", data{name: true}, func(p peer) string { return p.names }, func(s *side) bool {
		return s.lookUp("127.0.0.1", peerName) == peerNewAddress
	}},
	{fmt.Sprintf("a block list of %d names is in force", peerListed), data{listed: peerListed}, func(p peer) string { return p.list }, func(s *side) bool {
		return s.lookUp("127.0.0.1", listedName) == "NXDOMAIN"
	}},
	{"one more address is listened on", data{address: true}, func(p peer) string { return p.listen }, func(s *side) bool {
		return s.lookUp(secondListener, benchName) == benchAddress
	}},
}

// rows are its rows: time, queries lost, worst latency.
func (e peerEvent) rows() []string {
	return []string{"until " + e.what, fmt.Sprintf("queries lost until %s, %d q/s", e.what, peerQPS), "worst latency until " + e.what}
}
