// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/internal/client"
	"kresd-manager/internal/config/text"
	"kresd-manager/units"
)

// A change that takes long is followed to its end, and comes to the same.
func TestALongChangeIsFollowed(t *testing.T) {
	m, c := manager(t)
	entered, release := m.Hold("start")
	states := make(chan units.ChangeStatus, 1000)
	c.Follow(client.Follow{Told: func(s units.ChangeStatus) { states <- s }})
	type ended struct {
		done client.Changed
		err  error
	}
	put := func(pointer, value string) chan ended {
		end := make(chan ended, 1)
		go func() {
			done, err := c.Put(context.Background(), pointer, []byte(value), text.JSON, client.ChangeOptions{})
			end <- ended{done, err}
		}()
		return end
	}
	first := put("/workers", "3")
	<-entered
	if s := <-states; s.State != units.ChangeApplying || s.ID == 0 {
		t.Errorf("the first: %+v", s)
	}
	second, third := put("/workers", `"many"`), make(chan ended)
	for s := range states {
		if s.State == units.ChangeQueued {
			break
		}
	}
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		_, err := c.Renew(ctx, false, client.ChangeOptions{})
		third <- ended{err: err}
	}()
	for s := range states {
		if s.State == units.ChangeQueued && s.Position == 2 && s.Behind != nil {
			break
		}
	}
	// Who leaves is told what goes on.
	leave()
	var under *client.UnderwayError
	if e := <-third; !errors.As(e.err, &under) || !errors.Is(e.err, context.Canceled) || under.ID == 0 {
		t.Errorf("left: %v", e.err)
	}
	release()
	if e := <-first; e.err != nil || len(e.done.Report.Plan.Steps) == 0 || e.done.Report.Entry == 0 || e.done.ETag == "" {
		t.Errorf("the first in the end: %+v", e)
	}
	var refused *client.Error
	if e := <-second; !errors.As(e.err, &refused) || refused.Status != http.StatusBadRequest || refused.Problem.Kind != wire.KindInvalid || len(refused.Problem.Problems) != 1 {
		t.Errorf("the second in the end: %+v", e)
	}
}

func TestAChangeIsLeft(t *testing.T) {
	m, c := manager(t)
	entered, release := m.Hold("start")
	defer release()
	c.Follow(client.Follow{Leave: true})
	var under *client.UnderwayError
	_, err := c.Put(t.Context(), "/workers", []byte("3"), text.JSON, client.ChangeOptions{})
	if !errors.As(err, &under) || under.Err != nil || under.Change.ID != under.ID || under.Change.Cause != "PUT /workers" {
		t.Fatalf("%v", err)
	}
	<-entered
	if given, err := c.Cancel(t.Context(), under.ID); err != nil || given.ID != under.ID || given.State != units.ChangeApplying {
		t.Errorf("%+v, %v", given, err)
	}
	if all, err := c.Changes(t.Context()); err != nil || len(all.Changes) != 1 || all.Changes[0].ID != under.ID {
		t.Errorf("%+v, %v", all, err)
	}
	// A dry run is answered.
	if done, err := c.Put(t.Context(), "/nsid", []byte(`"x"`), text.JSON, client.ChangeOptions{DryRun: true}); err != nil || !done.Report.DryRun {
		t.Errorf("%+v, %v", done, err)
	}
}

// Whoever answers is not asked without a pause, whatever it answers.
func TestNoOneIsAskedWithoutAPause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var asked atomic.Int64
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 2 { // it knows of the change
			time.AfterFunc(time.Second, cancel)
		}
		if r.Method == http.MethodPost {
			w.Header().Set("Location", "/v1/changes/1")
			w.WriteHeader(http.StatusAccepted)
		}
		fmt.Fprint(w, `{"id": 1, "state": "applying"}`)
	}))
	c.Follow(client.Follow{})
	var under *client.UnderwayError
	if _, err := c.Renew(ctx, false, client.ChangeOptions{}); !errors.As(err, &under) {
		t.Errorf("%v", err)
	}
	if n := asked.Load(); n > 25 {
		t.Errorf("it asked %d times in a second", n)
	}
}
