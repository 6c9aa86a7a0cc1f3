// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"sync"
	"testing"
)

// The bus and the backlog of the socket have limits of their own.
func TestAThousandClientsAtOnce(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	codes := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			a, err := sut.Request(t.Context(), "GET", "/v1/status", "")
			result := a.Body
			switch {
			case err != nil:
				result = err.Error()
			case a.Code == 200:
				result = "answered"
			}
			mu.Lock()
			defer mu.Unlock()
			codes[result]++
		})
	}
	sut.Put(t, "/local-data/addresses/crowd.example", `"192.0.2.3"`)
	sut.Expect(t, "crowd.example.", "192.0.2.3")
	all.Wait()
	if codes["answered"] != 1000 {
		t.Errorf("answers: %v", codes)
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}
