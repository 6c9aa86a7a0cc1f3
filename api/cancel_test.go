// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/wire"
)

func TestCancelTellsWhetherThereWasAnything(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "POST", "/v1/cancel", "", acceptJSON)
	if p := got.problem(t); got.StatusCode != http.StatusConflict || p.Kind != wire.KindIdle {
		t.Errorf("without a change: %d %s", got.StatusCode, got.body)
	}
	entered, release := s.Hold("start")
	defer release()
	changed := make(chan reply, 1)
	go func() { changed <- s.ask(t, "PUT", "/v1/config/workers", "3", acceptJSON) }()
	<-entered
	if got := s.ask(t, "POST", "/v1/cancel", ""); got.StatusCode != http.StatusAccepted || !strings.Contains(got.body, "given up") {
		t.Errorf("during a change: %d %s", got.StatusCode, got.body)
	}
	release() // a step that has begun is not broken off
	got = <-changed
	if p := got.problem(t); got.StatusCode != http.StatusConflict || p.Kind != wire.KindCanceled {
		t.Errorf("the change: %d %s", got.StatusCode, got.body)
	}
}
