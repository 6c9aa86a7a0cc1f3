// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/apitest"
	"kresd-manager/units"
)

func TestEventsAreStreamedUntilTheServerEnds(t *testing.T) {
	ctl := apitest.New("{}")
	ending := make(chan struct{})
	server := httptest.NewServer(api.New(ctl, api.Options{Ending: ending}))
	defer server.Close()
	resp, err := http.Get(server.URL + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || ct != "text/event-stream" {
		t.Fatalf("%s, %s", resp.Status, ct)
	}
	for ctl.Tell(units.Event{N: 7, Kind: units.EventDone, Step: &units.Step{N: 1, Kind: units.Load, Unit: units.PolicyLoader}}) == 0 {
		time.Sleep(time.Millisecond)
	}
	in := bufio.NewScanner(resp.Body)
	var event []string
	for in.Scan() {
		if line := in.Text(); line != "" && !strings.HasPrefix(line, ":") {
			event = append(event, line)
		} else if len(event) > 0 {
			break
		}
	}
	if len(event) != 3 || event[0] != "id: 7" || event[1] != "event: step-done" ||
		!strings.HasPrefix(event[2], `data: {"n":7,`) || !strings.Contains(event[2], `"unit":"kres-policy-loader.service"`) {
		t.Errorf("event: %q", event)
	}
	close(ending)
	for in.Scan() { // to the end, which comes
	}
	if err := in.Err(); err != nil {
		t.Error(err)
	}
}

func TestCancelTellsWhetherThereWasAnything(t *testing.T) {
	for canceled, want := range map[bool]int{true: http.StatusAccepted, false: http.StatusConflict} {
		ctl := apitest.New("{}")
		ctl.Canceled = canceled
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "http://localhost/v1/cancel", nil)
		api.New(ctl, api.Options{}).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("canceled %t: status %d", canceled, w.Code)
		}
	}
}
