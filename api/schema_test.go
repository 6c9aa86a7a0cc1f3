// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
)

func TestSchemaKnowsTheKeys(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "GET", "/schema", "")
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal([]byte(got.body), &schema); err != nil || got.StatusCode != 200 {
		t.Fatalf("%d %v %.200s", got.StatusCode, err, got.body)
	}
	if schema.Properties["workers"] == nil {
		t.Errorf("schema of %d keys, %v", len(schema.Properties), got.Header)
	}
}

// The schema is no exception to who is let in: what a header promises to pages holds.
func TestSchemaIsForPagesThatAreLetIn(t *testing.T) {
	c := inmemory.New(t, running+`management: {unix-socket: /s, allow-origins: ["https://admin.example"]}`+"\n")
	s := serveController(t, c, api.Options{}, door.Options{})
	for origin, want := range map[string]string{"": "", "https://admin.example": "https://admin.example", "https://evil.example": ""} {
		status := 200
		var headers []string
		if origin != "" {
			headers = append(headers, "Origin: "+origin)
			if want == "" {
				status = 403
			}
		}
		got := s.ask(t, "GET", "/schema", "", headers...)
		if allowed := got.Header.Get("Access-Control-Allow-Origin"); got.StatusCode != status || allowed != want {
			t.Errorf("a page from %q: %d, and is told that %q may read it", origin, got.StatusCode, allowed)
		}
	}
}
