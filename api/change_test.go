// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/wire"
)

// A body has positions for as long as its own request lasts. What is found wrong
// later stands in no text that anyone could look at.
func TestABodyIsForgottenWithItsRequest(t *testing.T) {
	s := serve(t, api.Options{})
	const body = "workers: 1\nmanagement: {unix-socket: /s}\nviews:\n  - subnets: [192.0.2.0/24]\n    answer: refused\n"
	if got := s.ask(t, "PUT", "/v1/config", body); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	got := s.ask(t, "DELETE", "/v1/config/views/0/subnets", "", acceptJSON)
	p := got.problem(t)
	if got.StatusCode != 400 || p.Kind != wire.KindInvalid || len(p.Problems) != 1 || !strings.HasPrefix(p.Problems[0].Pointer, "/views/0") {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if f := p.Problems[0]; f.File != "" || f.Line != 0 || f.Column != 0 {
		t.Errorf("a DELETE has no body, and the answer points at %s:%d:%d", f.File, f.Line, f.Column)
	}
}
