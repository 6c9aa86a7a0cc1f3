// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/units"
)

func TestEventsAreStreamedUntilTheServerEnds(t *testing.T) {
	ctl := inmemory.New(t, "workers: 1\n")
	ending := make(chan struct{})
	server := httptest.NewServer(described(t, api.New(ctl, api.Options{Ending: ending, Restarts: func() bool { return true }})))
	defer server.Close()
	resp, err := http.Get(server.URL + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || ct != "text/event-stream" {
		t.Fatalf("%s, %s", resp.Status, ct)
	}
	in := bufio.NewScanner(resp.Body)
	if !in.Scan() || !strings.HasPrefix(in.Text(), ":") { // it listens now
		t.Fatalf("the stream begins with %q, %v", in.Text(), in.Err())
	}
	if in.Scan(); !in.Scan() || !strings.HasPrefix(in.Text(), "id: ") { // to go on from, if nothing happens before the end
		t.Fatalf("the stream goes on with %q, %v", in.Text(), in.Err())
	}
	r, err := http.NewRequest(http.MethodPut, server.URL+"/v1/config/local-data", strings.NewReader(`{"addresses": {"a.example": "192.0.2.1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	put, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer put.Body.Close()
	if put.StatusCode != http.StatusOK {
		t.Fatalf("the change: %s", put.Status)
	}
	var all, event []string
	for n := uint64(0); len(all) == 0 || all[len(all)-1] != "applied"; {
		if !in.Scan() {
			t.Fatalf("the stream ends after %q: %v", all, in.Err())
		}
		if line := in.Text(); line != "" && !strings.HasPrefix(line, ":") {
			event = append(event, line)
			continue
		} else if len(event) == 0 {
			continue
		}
		var e units.Event
		if len(event) != 3 || json.Unmarshal([]byte(strings.TrimPrefix(event[2], "data: ")), &e) != nil {
			t.Fatalf("event: %q", event)
		}
		if n++; e.N < n || !strings.HasPrefix(event[0], "id: ") || !strings.HasSuffix(event[0], fmt.Sprintf("-%d", e.N)) || event[1] != "event: "+string(e.Kind) {
			t.Errorf("event: %q, after %q", event, all)
		}
		n = e.N
		if event = nil; e.Step != nil && e.Step.Kind == units.Load {
			all = append(all, string(e.Kind)+" "+e.Step.Unit)
		} else if e.Step == nil {
			all = append(all, string(e.Kind))
		}
	}
	if want := []string{"begin", "step kres-policy-loader.service", "step-done kres-policy-loader.service", "applied"}; !slices.Equal(all, want) {
		t.Errorf("events %q, want %q", all, want)
	}
	close(ending)
	var rest []string
	for in.Scan() { // to the end, which comes
		rest = append(rest, in.Text())
	}
	if want := []string{"event: ending", `data: {"restart":true}`, ""}; in.Err() != nil || len(rest) < 3 || !slices.Equal(rest[len(rest)-3:], want) {
		t.Errorf("the stream ends with %q, %v, want %q", rest, in.Err(), want)
	}
}

// readEvents reads so many events of a stream: their ids and kinds.
func readEvents(t *testing.T, s *site, last string, many int) (ids, kinds []string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := s.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	in := bufio.NewScanner(resp.Body)
	id := ""
	for len(kinds) < many && in.Scan() {
		if text, ok := strings.CutPrefix(in.Text(), "id: "); ok {
			id = text
		}
		if kind, ok := strings.CutPrefix(in.Text(), "event: "); ok {
			ids, kinds = append(ids, id), append(kinds, kind)
			id = ""
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return ids, kinds
}

func TestEventsGoOnAfterTheLastOneSeen(t *testing.T) {
	s := serve(t, api.Options{})
	change := func(address string) {
		t.Helper()
		if got := s.ask(t, "PUT", "/v1/config/local-data/addresses/b.example", address); got.StatusCode != 200 {
			t.Fatal(got.body)
		}
	}
	change("192.0.2.2")
	// No one listened; what is known comes first to who was there before a restart.
	ids, kinds := readEvents(t, s, "other-7", 2)
	if kinds[0] != "gap" || ids[0] != "" || kinds[1] == "gap" || !strings.HasSuffix(ids[1], "-1") {
		t.Fatalf("ids %q of %q", ids, kinds)
	}
	run, _, _ := strings.Cut(ids[1], "-")
	_, all := readEvents(t, s, run+"-0", 4)
	again, rest := readEvents(t, s, run+"-1", 3)
	if !slices.Equal(all[1:], rest) || again[0] != run+"-2" {
		t.Errorf("%q, then %q with %q", all, rest, again)
	}
	// A long id is none of ours, and harmless.
	if ids, kinds = readEvents(t, s, strings.Repeat("9", 50000), 1); kinds[0] != "gap" {
		t.Errorf("%q %q", ids, kinds)
	}
}
