// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kresd-manager/test/load"
)

// limitQPS is more than a small machine serves.
const limitQPS = 50_000

// losing measures, of ours, what clients notice of every kind of change, over every
// transport, and of a crash. Stock's loss in a rolling restart is in the table beside it.
func (b *bench) losing(ctx context.Context) error {
	err := b.prepareChanges(ctx)
	if err == nil {
		err = b.losingAll(ctx)
	}
	return errors.Join(err, b.ours.reloadWith(ctx, configuration))
}

func (b *bench) losingAll(ctx context.Context) error {
	for _, f := range []func(context.Context) error{b.losingByKind, b.losingAtTheLimit, b.losingStreams, b.losingByCrash} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// act is what is done under load.
type act struct {
	name string
	do   func(context.Context) error
}

// acts are one of every kind of change, and what an administrator does by hand.
func (s *side) acts() []act {
	var all []act
	for _, k := range kinds {
		all = append(all, act{k.name, func(ctx context.Context) error {
			s.put++
			script, method, path, body := k.change(s.put)
			if _, err := s.sh(ctx, script); err != nil {
				return err
			}
			c, err := s.dial(ctx)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.do(method, path, body)
			return err
		}})
	}
	return append(all,
		act{"count", func(ctx context.Context) error {
			if err := s.countTo(ctx, workers+1); err != nil {
				return err
			}
			return s.countTo(ctx, workers)
		}},
		act{"one worker restarted by hand", func(ctx context.Context) error {
			_, err := s.sh(ctx, "systemctl restart kresd@1.service")
			return err
		}},
		act{"the only worker restarted", func(ctx context.Context) error {
			if err := s.countTo(ctx, 1); err != nil {
				return err
			}
			if _, err := s.sh(ctx, "kresctl restart 1"); err != nil {
				return err
			}
			return s.countTo(ctx, workers)
		}},
	)
}

func (b *bench) losingByKind(ctx context.Context) error {
	for _, qps := range []int{5_000, loadQPS} {
		for _, a := range b.ours.acts() {
			r := b.addTo(loss, fmt.Sprintf("UDP, %d q/s: %s", qps, a.name), number, zero())
			got, err := b.ours.under(ctx, qps, func() error { return a.do(ctx) })
			if err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
			b.ours.add(r, missing(got))
			r.addNote("%v, worst latency %v", toll{}.plus(got), got.Worst.Round(100*time.Microsecond))
		}
	}
	return nil
}

// noMore allows ours what was lost without a change, in the worst of the rounds.
func noMore() limit {
	return limit{"≤ without a change", func(r *row) bool { return r.ours.median() <= r.floor.largest() }, ofFloor}
}

// losingAtTheLimit measures a rolling restart at a rate at which queries are lost anyhow.
func (b *bench) losingAtTheLimit(ctx context.Context) error {
	r := b.addTo(loss, fmt.Sprintf("UDP, %d q/s: worker key, lost of 1,000 queries", limitQPS), number, noMore())
	var quiet, loud toll
	for range 3 {
		idle, err := b.ours.under(ctx, limitQPS, func() error { time.Sleep(loadIdle - 2*loadLead); return nil })
		if err != nil {
			return err
		}
		rolled, err := b.ours.under(ctx, limitQPS, func() error { _, err := b.ours.roll(ctx); return err })
		if err != nil {
			return err
		}
		r.floor = append(r.floor, ofThousand(idle))
		b.ours.add(r, ofThousand(rolled))
		quiet, loud = quiet.plus(idle), loud.plus(rolled)
	}
	r.addNote("with a rolling restart %v; without %v", loud, quiet)
	return nil
}

// ofThousand is the share that got no right answer, of queries as many as were sent.
func ofThousand(r load.Report) float64 { return 1000 * missing(r) / float64(max(1, r.Sent)) }

// transports are those that keep connections, with the port of each.
var transports = []struct {
	name string
	mode load.Mode
	port int
}{{"TCP", load.TCP, 53}, {"DoT", load.TLS, 853}, {"DoH", load.DoH, 443}, {"DoQ", load.DoQ, 853}}

// perThousand allows a share of the queries.
func perThousand(n float64) limit {
	return limit{fmt.Sprintf("≤ %g per 1,000", n), func(r *row) bool { return r.ours.largest() <= n }, nil}
}

// losingStreams measures a rolling restart over connections: a new one for every query, some
// that are kept, and some of clients that understand keepalive (RFC 7828).
func (b *bench) losingStreams(ctx context.Context) error {
	s := b.ours
	roll := func() error { _, err := s.roll(ctx); return err }
	for _, t := range transports {
		c := s.load(t.mode, 200)
		c.Addr = "127.0.0.1:" + strconv.Itoa(t.port)
		r := b.addTo(loss, t.name+", a connection for each query: refused, reset or lost", number, zero())
		got, err := during(ctx, func(ctx context.Context) (load.Report, error) { return load.Run(ctx, c) }, roll)
		if err != nil {
			return err
		}
		s.add(r, missing(got))
		r.addNote("%d queries", got.Sent)
		for _, keepalive := range []bool{false, true} {
			if keepalive && t.mode != load.TCP && t.mode != load.TLS {
				continue // HTTP/2 and QUIC have goodbyes of their own, which the row above is about
			}
			what, most := ", connections that are kept: cut per 1,000 queries", perThousand(1)
			if keepalive {
				what, most = ", connections with keepalive: cut per 1,000 queries", perThousand(0)
			}
			k := load.KeptConfig{Config: c, Connections: keptConnections, Keepalive: keepalive}
			k.QPS = keptQPS
			r := b.addTo(loss, t.name+what, number, most)
			got, err := during(ctx, func(ctx context.Context) (load.KeptReport, error) { return load.RunKept(ctx, k) }, roll)
			if err != nil {
				return err
			}
			if got.Sent == 0 {
				return fmt.Errorf("no query was sent over %s: %v", t.name, got)
			}
			s.add(r, 1000*float64(got.Cut+got.Late+got.Wrong)/float64(got.Sent))
			r.addNote("%v", got)
			broken := b.addTo(loss, strings.Replace(t.name+what, "cut per 1,000 queries", "refused or reset", 1), number, zero())
			s.add(broken, float64(got.Refused+got.Reset))
		}
	}
	return nil
}

// losingByCrash measures what the crash of one worker costs. No manager can help it: what is
// in its sockets is gone.
func (b *bench) losingByCrash(ctx context.Context) error {
	lost := b.addTo(loss, fmt.Sprintf("UDP, %d q/s: one worker crashes, queries lost", loadQPS), number)
	lasts := b.addTo(loss, "time from the first to the last of them", seconds)
	for range 3 {
		got, err := b.ours.under(ctx, loadQPS, func() error {
			_, err := b.ours.sh(ctx, "systemctl kill --signal=SEGV kresd@2.service; sleep 1; until systemctl is-active --quiet kresd@2.service; do sleep 0.05; done")
			return err
		})
		if err != nil {
			return err
		}
		b.ours.add(lost, missing(got))
		if n := len(got.LossAt); n > 0 {
			b.ours.add(lasts, (got.LossAt[n-1] - got.LossAt[0]).Seconds())
		} else {
			b.ours.add(lasts, 0)
		}
	}
	return nil
}
