// SPDX-License-Identifier: Apache-2.0

package fleetlock

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// semaphore is a server with one slot, as the protocol has it.
type semaphore struct {
	mu    sync.Mutex
	owner string
}

func (s *semaphore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, kind, value string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"kind": kind, "value": value})
	}
	var body struct {
		Params struct{ ID, Group string } `json:"client_params"`
	}
	if r.Method != http.MethodPost || r.Header.Get("fleet-lock-protocol") != "true" {
		refuse(http.StatusBadRequest, "no_protocol_header", "not FleetLock")
		return
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.Params.ID == "" || body.Params.Group != "resolvers" {
		refuse(http.StatusBadRequest, "bad_params", "id or group")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.URL.Path == "/v1/pre-reboot" && (s.owner == "" || s.owner == body.Params.ID):
		s.owner = body.Params.ID
	case r.URL.Path == "/v1/pre-reboot":
		refuse(http.StatusConflict, "failed_lock", "semaphore is full: "+s.owner)
	case r.URL.Path == "/v1/steady-state":
		if s.owner == body.Params.ID {
			s.owner = ""
		}
	default:
		refuse(http.StatusNotFound, "no_path", r.URL.Path)
	}
}

func TestOneLockForTwo(t *testing.T) {
	server := httptest.NewServer(&semaphore{})
	defer server.Close()
	client := func(id, group string) *Client {
		c, err := New(server.URL+"/", id, group)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, b := client("a", "resolvers"), client("b", "resolvers")
	steps := []struct {
		name string
		do   error
		want string
	}{
		{"a takes it", a.Take(t.Context()), ""},
		{"and again", a.Take(t.Context()), ""},
		{"b does not get it", b.Take(t.Context()), "semaphore is full: a (failed_lock)"},
		{"b gives back what it does not have", b.Give(t.Context()), ""},
		{"which changes nothing", b.Take(t.Context()), "semaphore is full"},
		{"a gives it back", a.Give(t.Context()), ""},
		{"b gets it", b.Take(t.Context()), ""},
		{"in another group", client("c", "others").Take(t.Context()), "bad_params"},
	}
	for _, s := range steps {
		if s.want == "" && s.do != nil || s.want != "" && (s.do == nil || !strings.Contains(s.do.Error(), s.want)) {
			t.Errorf("%s: %v", s.name, s.do)
		}
	}
	var refused *RefusedError
	if !errors.As(steps[2].do, &refused) {
		t.Errorf("%T", steps[2].do)
	}
	server.Close()
	if err := a.Take(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot ask for the lock") {
		t.Errorf("without a server: %v", err)
	}
	if _, err := New(server.URL, "a", "x y"); err == nil {
		t.Error("a group with a blank is taken")
	}
}
