// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager/inmemory"
)

func TestStop(t *testing.T) {
	s := serve(t, api.Options{})
	if got := s.ask(t, "POST", "/stop", ""); got.StatusCode != 200 || got.body == "" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
	got := s.ask(t, "POST", "/reload", "", acceptJSON)
	if p := got.problem(t); got.StatusCode != 503 || p.Kind != wire.KindStopping || got.Header.Get("Retry-After") == "" {
		t.Errorf("%d %+v", got.StatusCode, p)
	}
}

// stopper goes down as the manager does, right when Stop has returned.
type stopper struct {
	*inmemory.Machine
	down func()
}

func (s *stopper) Stop(ctx context.Context) error {
	defer s.down()
	return s.Machine.Stop(ctx)
}

func TestStopIsAnsweredBeforeTheServerGoesDown(t *testing.T) {
	var s *site
	c := &stopper{Machine: inmemory.New(t, running)}
	s = serveController(t, c, api.Options{}, door.Options{})
	down := make(chan error, 1)
	c.down = func() { go func() { down <- s.server.Shutdown(context.Background()) }() }
	got := s.ask(t, "POST", "/stop", "")
	if got.StatusCode != 200 || got.body == "" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
