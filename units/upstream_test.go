// SPDX-License-Identifier: Apache-2.0

package units

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUpstreamsOfSeveralWorkersAreOneTable(t *testing.T) {
	ms := func(n int) Seconds { return Seconds(n) * Seconds(time.Millisecond) }
	var many []float64
	for i := range 100 {
		many = append(many, float64(100-i))
	}
	got := MergeUpstreams([]RoundTrips{
		{"192.0.2.1": {30, 10}, "192.0.2.9": {}, "192.0.2.3": many},
		nil,
		{"192.0.2.1": {20}, "192.0.2.2": {20}},
	})
	want := []Upstream{
		{Address: "192.0.2.3", Answers: 100, Min: ms(1), Median: ms(50), P95: ms(95), Max: ms(100)},
		{Address: "192.0.2.1", Answers: 3, Min: ms(10), Median: ms(20), P95: ms(30), Max: ms(30)},
		{Address: "192.0.2.2", Answers: 1, Min: ms(20), Median: ms(20), P95: ms(20), Max: ms(20)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := MergeUpstreams(nil); got == nil || len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
