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
	server := httptest.NewServer(described(t, api.New(ctl, api.Options{Ending: ending})))
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
		if n++; e.N < n || event[0] != fmt.Sprintf("id: %d", e.N) || event[1] != "event: "+string(e.Kind) {
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
	if want := []string{"event: ending", "data: {}", ""}; in.Err() != nil || len(rest) < 3 || !slices.Equal(rest[len(rest)-3:], want) {
		t.Errorf("the stream ends with %q, %v, want %q", rest, in.Err(), want)
	}
}
