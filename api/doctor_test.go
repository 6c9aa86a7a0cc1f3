// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"kresd-manager/api"
	"kresd-manager/internal/doctor"
)

// An examination is made once for all who ask within a while.
func TestTheInstallationIsExaminedOnce(t *testing.T) {
	looked := 0
	s := serve(t, api.Options{Doctor: func(context.Context) doctor.Report {
		looked++
		return doctor.Report{Findings: []doctor.Finding{{Check: "clock", What: "it is wrong", Why: "nothing resolves", Fix: "timedatectl set-ntp true"}}, Checks: []string{"clock"}}
	}})
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if got := s.ask(t, "GET", "/v1/doctor", ""); got.StatusCode != 200 || !strings.Contains(got.body, `"fix":"timedatectl set-ntp true"`) {
				t.Errorf("%d %s", got.StatusCode, got.body)
			}
		})
	}
	all.Wait()
	if looked != 1 {
		t.Errorf("%d examinations", looked)
	}
	if got := serve(t, api.Options{}).ask(t, "GET", "/v1/doctor", ""); got.StatusCode != 404 {
		t.Errorf("without an installation: %d", got.StatusCode)
	}
}
