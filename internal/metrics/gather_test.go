// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/internal/metrics"
	"kresd-manager/units"
)

// Knot Resolver's !1834: one worker's bad answer spoiled those of all.
func TestAWorkerThatHangsHoldsUpNoOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got := metrics.Gather(t.Context(), []string{units.Worker(1), units.Worker(2), units.Worker(3), units.Worker(4)}, 3*time.Second,
			func(ctx context.Context, instance string) (json.RawMessage, error) {
				switch instance {
				case "2", "3":
					<-ctx.Done()
					return nil, ctx.Err()
				case "4":
					return nil, errors.New("connection refused")
				}
				return json.RawMessage(`{"answer":{}}`), nil
			})
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("two workers that hang took %s", took)
		}
		var told []string
		for _, w := range got {
			told = append(told, w.InstanceID()+" "+string(w.Counts)+w.Error)
		}
		want := []string{
			`kresd:kresd1 {"answer":{}}`, "kresd:kresd2 context deadline exceeded", "kresd:kresd3 context deadline exceeded",
			"kresd:kresd4 connection refused",
		}
		if !slices.Equal(want, told) {
			t.Errorf("got %q", told)
		}
	})
}

func TestNoOneIsAskedWhereNoOneIs(t *testing.T) {
	if got := metrics.Gather(t.Context(), nil, time.Second, nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
