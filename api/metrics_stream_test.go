// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/internal/manager/inmemory"
)

// nextEvent is the next event of a stream.
func nextEvent(t *testing.T, in *bufio.Scanner) (kind, data string) {
	t.Helper()
	for in.Scan() {
		switch line := in.Text(); {
		case strings.HasPrefix(line, "event: "):
			kind = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			data = line[len("data: "):]
		case line == "" && kind != "":
			return kind, data
		}
	}
	t.Fatalf("the stream ends: %v", in.Err())
	return "", ""
}

func TestSamplesAreStreamed(t *testing.T) {
	ending := make(chan struct{})
	server := httptest.NewServer(described(t, api.New(inmemory.New(t, "workers: 2\n"), api.Options{Ending: ending})))
	defer server.Close()
	listen := func() *bufio.Scanner {
		resp, err := http.Get(server.URL + "/v1/metrics/stream")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%s %v", resp.Status, resp.Header)
		}
		return bufio.NewScanner(resp.Body)
	}
	one := listen()
	if kind, data := nextEvent(t, one); kind != "history" || data != `{"every":2,"when":[],"series":{}}` {
		t.Errorf("%s: %s", kind, data)
	}
	kind, data := nextEvent(t, one)
	var sample struct {
		When    float64
		All     map[string]any
		Workers []struct{ Unit, State string }
		Cache   float64 `json:"cache-size-bytes"`
	}
	if err := json.Unmarshal([]byte(data), &sample); err != nil || kind != "sample" || sample.When == 0 || len(sample.Workers) != 2 || sample.Workers[1].Unit != "kresd@2.service" || sample.Workers[1].State != "active" || sample.Cache == 0 {
		t.Errorf("%s: %s", kind, data)
	}
	// Who comes later is told what was before, and both hear the same from then on.
	other := listen()
	if kind, data := nextEvent(t, other); kind != "history" || !strings.Contains(data, `"queries-per-second":[0`) {
		t.Errorf("%s: %s", kind, data)
	}
	_, a := nextEvent(t, one)
	if _, b := nextEvent(t, other); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	close(ending)
	for {
		if kind, _ := nextEvent(t, one); kind == "ending" {
			break
		}
	}
}
