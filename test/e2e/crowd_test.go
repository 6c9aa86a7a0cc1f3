// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"sync"
	"testing"
)

// The bus and the backlog of the socket have limits of their own.
func TestAThousandClientsAtOnce(t *testing.T) {
	fresh(t, basic)
	before := pids(t)
	codes := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			a, err := request(t.Context(), "GET", "/v1/status", "")
			result := a.body
			switch {
			case err != nil:
				result = err.Error()
			case a.code == 200:
				result = "answered"
			}
			mu.Lock()
			defer mu.Unlock()
			codes[result]++
		})
	}
	put(t, "/local-data/addresses/crowd.example", `"192.0.2.3"`)
	expect(t, "crowd.example.", "192.0.2.3")
	all.Wait()
	if codes["answered"] != 1000 {
		t.Errorf("answers: %v", codes)
	}
	if after := pids(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}
