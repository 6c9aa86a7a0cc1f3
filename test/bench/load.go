// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kresd-manager/test/load"
)

const (
	loadQPS  = 20_000
	loadIdle = 3 * time.Second // of load with nothing else
	loadLead = time.Second     // of load before and after what is done under it
	keptQPS  = 1000            // on keptConnections together
	// keptConnections is how many connections over TCP are kept open.
	keptConnections = 20
)

// under makes load while f runs, and for a moment before and after.
func (s *side) under(ctx context.Context, qps int, f func() error) (load.Report, error) {
	return during(ctx, func(ctx context.Context) (load.Report, error) { return load.Run(ctx, s.load(load.UDP, qps)) }, f)
}

// underKept is under for connections that stay open.
func (s *side) underKept(ctx context.Context, f func() error) (load.KeptReport, error) {
	c := load.KeptConfig{Config: s.load(load.TCP, keptQPS), Connections: keptConnections}
	return during(ctx, func(ctx context.Context) (load.KeptReport, error) { return load.RunKept(ctx, c) }, f)
}

// load is load on this side.
func (s *side) load(mode load.Mode, qps int) load.Config {
	return load.Config{
		Enter: s.m.InNetNS, Mode: mode, Addr: "127.0.0.1:53", Name: benchName,
		QPS: qps, Duration: 30 * time.Second,
	}
}

func during[R any](ctx context.Context, run func(context.Context) (R, error), f func() error) (R, error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	type result struct {
		report R
		err    error
	}
	done := make(chan result, 1)
	go func() {
		r, err := run(running)
		done <- result{r, err}
	}()
	time.Sleep(loadLead)
	err := f()
	time.Sleep(loadLead)
	stop()
	r := <-done
	if err == nil {
		err = r.err
	}
	return r.report, err
}

// missing is how many queries got no right answer.
func missing(r load.Report) float64 { return float64(r.Lost + r.Wrong + r.Errors) }

// toll sums up what load has cost.
type toll struct{ missing, sent, rcvbufErrors int }

func (t toll) plus(r load.Report) toll {
	return toll{t.missing + int(missing(r)), t.sent + r.Sent, t.rcvbufErrors + r.RcvbufErrors}
}

// String tells dropped datagrams beside the loss: a full buffer, as of a busy host, is
// not the manager's doing.
func (t toll) String() string {
	return fmt.Sprintf("lost %d of %d, RcvbufErrors %d", t.missing, t.sent, t.rcvbufErrors)
}

// underLoad measures what a change that restarts all workers costs those who ask.
func (b *bench) underLoad(ctx context.Context) error {
	lost := b.add(fmt.Sprintf("queries lost in a rolling restart, %d q/s", loadQPS), number, zero())
	worst := b.add("worst latency in it", seconds, nearFloor(2, "idle"))
	worst.note = "floor: the worst latency of ours under the same load without a restart"
	stockIdle := sample{}
	quiet, loud := map[string]toll{}, map[string]toll{}
	err := b.rounds(ctx, 3, func(s *side) error {
		// What is done idle must take as long: only then are the worst comparable.
		idle, err := s.under(ctx, loadQPS, func() error { time.Sleep(loadIdle - 2*loadLead); return nil })
		if err != nil {
			return err
		}
		rolled, err := s.under(ctx, loadQPS, func() error {
			_, err := s.roll(ctx)
			return err
		})
		if err != nil {
			return err
		}
		s.add(lost, missing(rolled))
		s.add(worst, rolled.Worst.Seconds())
		quiet[s.name] = quiet[s.name].plus(idle)
		loud[s.name] = loud[s.name].plus(rolled)
		if s == b.ours {
			worst.floor = append(worst.floor, idle.Worst.Seconds())
		} else {
			stockIdle = append(stockIdle, idle.Worst.Seconds())
		}
		return nil
	})
	for _, s := range b.sides() {
		lost.addNote("%s: %v; without a restart %v", s.name, loud[s.name], quiet[s.name])
	}
	worst.addNote("stock without a restart %s", stockIdle.text(seconds))
	if err != nil {
		return err
	}
	if err := b.lostAt(ctx, 5_000, zero()); err != nil {
		return err
	}
	// Faster than a small host serves: no budget, but see who is worse.
	if err := b.lostAt(ctx, 50_000); err != nil {
		return err
	}
	return b.cut(ctx)
}

// lostAt measures the queries lost at another rate.
func (b *bench) lostAt(ctx context.Context, qps int, limits ...limit) error {
	lost := b.add(fmt.Sprintf("queries lost in a rolling restart, %d q/s", qps), number, limits...)
	tolls := map[string]toll{}
	err := b.rounds(ctx, 2, func(s *side) error {
		r, err := s.under(ctx, qps, func() error {
			_, err := s.roll(ctx)
			return err
		})
		if err != nil {
			return err
		}
		s.add(lost, missing(r))
		tolls[s.name] = tolls[s.name].plus(r)
		return nil
	})
	for _, s := range b.sides() {
		lost.addNote("%s: %v", s.name, tolls[s.name])
	}
	return err
}

// cut measures what a rolling restart costs those who keep a connection over
// TCP open: queries in flight when it ends. A client has to repeat them.
func (b *bench) cut(ctx context.Context) error {
	cut := b.add("queries cut on connections that are kept, in a rolling restart", number)
	cut.note = fmt.Sprintf("%d connections over TCP, %d q/s together", keptConnections, keptQPS)
	all := map[string]load.KeptReport{}
	err := b.rounds(ctx, 2, func(s *side) error {
		r, err := s.underKept(ctx, func() error {
			_, err := s.roll(ctx)
			return err
		})
		if err != nil {
			return err
		}
		s.add(cut, float64(r.Cut+r.Late+r.Wrong))
		sum := all[s.name]
		sum.Sent, sum.Closed, sum.Reset, sum.Refused = sum.Sent+r.Sent, sum.Closed+r.Closed, sum.Reset+r.Reset, sum.Refused+r.Refused
		all[s.name] = sum
		return nil
	})
	for _, s := range b.sides() {
		r := all[s.name]
		cut.addNote("%s: sent %d; %d connections closed in order, %d reset, %d refused", s.name, r.Sent, r.Closed, r.Reset, r.Refused)
	}
	return err
}

// killed measures what the sudden death of the manager costs.
func (b *bench) killed(ctx context.Context) error {
	lost := b.add("queries lost when the manager is killed", number, zero())
	restarted := b.add("workers restarted by that", number, zero())
	return b.rounds(ctx, 1, func(s *side) error {
		before, err := s.workerPIDs(ctx)
		if err != nil {
			return err
		}
		r, err := s.under(ctx, loadQPS, func() error {
			// The manager proper: stock's main process is the supervisor of it.
			if _, err := s.sh(ctx, "kill -KILL $(pgrep --exact "+s.process+")"); err != nil {
				return err
			}
			return s.until(ctx, "the API answers again", func() (bool, error) {
				c, err := s.dial(ctx)
				if err != nil {
					return false, nil
				}
				defer c.Close()
				_, err = c.do("GET", "/v1/config/workers", "")
				return err == nil, nil
			})
		})
		if err != nil {
			return err
		}
		s.add(lost, missing(r))
		lost.addNote("%s: %v", s.name, toll{}.plus(r))
		if err := s.serving(ctx); err != nil {
			return err
		}
		after, err := s.workerPIDs(ctx)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(before, func(pid string) bool { return slices.Contains(after, pid) })
		s.add(restarted, float64(len(gone)))
		return nil
	})
}

// workerPIDs returns the process ids of the workers.
func (s *side) workerPIDs(ctx context.Context) ([]string, error) {
	text, err := s.sh(ctx, "pgrep --exact kresd")
	return strings.Fields(text), err
}
