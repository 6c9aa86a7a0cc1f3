// SPDX-License-Identifier: Apache-2.0

package units

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAReturnUndoes(t *testing.T) {
	h := History{Entries: []Entry{
		{ID: 6, Outcome: OutcomeFailed}, {ID: 5, Outcome: OutcomeApplied, Running: true}, {ID: 4, Outcome: OutcomeFailed},
		{ID: 3, Outcome: OutcomeApplied}, {ID: 2, Outcome: OutcomeApplied}, {ID: 1, Outcome: OutcomeApplied},
	}}
	for id, want := range map[int][]int{0: {5}, 3: {5}, 2: {5, 3}, 1: {5, 3, 2}, 5: nil, 6: nil, 9: nil} {
		var got []int
		for _, e := range h.Undone(id) {
			got = append(got, e.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d: %s", id, diff)
		}
	}
	if got := (History{}).Undone(0); got != nil {
		t.Errorf("%v", got)
	}
}
