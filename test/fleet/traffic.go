// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"time"

	"kresd-manager/test/load"
)

// Traffic is what clients of one host ask.
type Traffic struct {
	Host int // 1 for ns1
	Name string
	QPS  int
}

// Ask has clients ask until the returned function is called, which returns what became of
// all questions, in the order of traffic. Clients wait for long: a busy test host is not a
// loss.
func (f *Fleet) Ask(ctx context.Context, traffic ...Traffic) (stop func() ([]load.Report, error)) {
	ctx, cancel := context.WithCancel(ctx)
	reports := make([]load.Report, len(traffic))
	done := make(chan error, 1)
	go func() {
		done <- each(len(traffic), func(i int) error {
			for ctx.Err() == nil { // one run is at most a minute
				r, err := load.Run(ctx, load.Config{
					Enter: f.Hosts[traffic[i].Host-1].InNetNS, Addr: "127.0.0.1:53", Name: traffic[i].Name, QPS: traffic[i].QPS,
					Sources: 32, Duration: 50 * time.Second, Timeout: 20 * time.Second,
				})
				if err != nil {
					return err
				}
				reports[i] = sum(reports[i], r)
			}
			return nil
		})
	}()
	return func() ([]load.Report, error) {
		cancel()
		err := <-done
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return reports, err
	}
}

// sum adds the counts of a run to those of the runs before it.
func sum(a, b load.Report) load.Report {
	b.Sent, b.Answered, b.Wrong, b.Lost = a.Sent+b.Sent, a.Answered+b.Answered, a.Wrong+b.Wrong, a.Lost+b.Lost
	b.Errors, b.Stray, b.Took = a.Errors+b.Errors, a.Stray+b.Stray, a.Took+b.Took
	b.Worst, b.P99 = max(a.Worst, b.Worst), max(a.P99, b.P99)
	for _, at := range b.LossAt {
		a.LossAt = append(a.LossAt, a.Took+at)
	}
	b.LossAt = a.LossAt
	return b
}
