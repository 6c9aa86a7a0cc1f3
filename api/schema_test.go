// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"testing"

	"kresd-manager/api"
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
	if schema.Properties["workers"] == nil || got.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("schema of %d keys, %v", len(schema.Properties), got.Header)
	}
}
