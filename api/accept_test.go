// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v4"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
)

// same reads an answer as what it says that it is, and compares.
func same(t *testing.T, got reply, want string) {
	t.Helper()
	var a, b any
	var err error
	switch got.Header.Get("Content-Type") {
	case "application/json":
		err = json.Unmarshal([]byte(got.body), &a)
	case "application/yaml":
		err = yaml.Unmarshal([]byte(got.body), &a)
	case "application/toml":
		err = toml.Unmarshal([]byte(got.body), &a)
	}
	if err != nil {
		t.Fatalf("%s: %v in %s", got.Header.Get("Content-Type"), err, got.body)
	}
	text, err := json.Marshal(a) // numbers have other types
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err == nil {
		err = json.Unmarshal([]byte(want), &b)
	}
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%s\nis not %s: %v", got.body, want, err)
	}
}

func TestFormatsByAccept(t *testing.T) {
	s := serve(t, api.Options{})
	const part = "/v1/config/network"
	want := s.ask(t, "GET", part, "").body
	for accept, kind := range map[string]string{
		"":                            "json",
		"*/*":                         "json",
		"application/json":            "json",
		"text/html":                   "json", // a browser can show it
		"application/yaml":            "yaml",
		"application/x-yaml":          "yaml",
		"text/yaml":                   "yaml",
		"application/toml":            "toml",
		"application/*":               "json",
		"text/*":                      "yaml",
		"application/toml, */*":       "json", // likes all as much
		"application/toml, */*;q=0.1": "toml",
		"application/json;q=0.5, application/yaml":                    "yaml",
		"application/json;q=0, */*":                                   "yaml",
		"application/yaml;q=0.2, application/toml;q=0.9":              "toml",
		"application/yaml;q=2, application/toml;q=0.1":                "toml", // 2 is none
		"application/yaml;q=NaN":                                      "json",
		";;,,application/yaml":                                        "yaml",
		strings.Repeat("a/b,", 10000) + "application/yaml":            "json", // nobody reads so many
		"application/json;q=0,application/yaml;q=0,application/*;q=0": "json",
	} {
		got := s.ask(t, "GET", part, "", "Accept: "+accept)
		if got.StatusCode != 200 || got.Header.Get("Content-Type") != "application/"+kind || got.Header.Get("Vary") != "Accept" {
			t.Errorf("%.60s: %d %v", accept, got.StatusCode, got.Header)
			continue
		}
		same(t, got, want)
	}
	plain := serveController(t, inmemory.New(t, "workers: 2\n"), api.Options{}, door.Options{}) // without null, which TOML has not
	for _, path := range []string{"/v1/status", "/v1/history", "/v1/config/explain/cache", "/v1/units"} {
		for _, kind := range []string{"yaml", "toml"} {
			got := plain.ask(t, "GET", path, "", "Accept: application/"+kind)
			if path == "/v1/units" && kind == "toml" { // a list
				if p := plain.ask(t, "GET", path, "", "Accept: application/toml, application/json;q=0.1").problem(t); p.Status != 406 ||
					!strings.Contains(p.Message, "TOML has objects only") {
					t.Errorf("%+v", p)
				}
				continue
			}
			if got.StatusCode != 200 || got.Header.Get("Content-Type") != "application/"+kind {
				t.Errorf("%s as %s: %d %s", path, kind, got.StatusCode, got.body)
			} else if path != "/v1/status" { // which has times
				same(t, got, plain.ask(t, "GET", path, "").body)
			}
		}
	}
	// What TOML cannot say is named.
	if got := s.ask(t, "GET", "/v1/config", "", "Accept: application/toml"); got.StatusCode != 406 || !strings.Contains(got.body, "/nsid") {
		t.Errorf("null: %d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/v1/config/workers", "", "Accept: application/toml"); got.StatusCode != 406 {
		t.Errorf("a number: %d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/v1/config/workers", "", "Accept: application/yaml"); strings.TrimSpace(got.body) != "2" {
		t.Errorf("a number: %d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "GET", "/v1/config/nothing", "", "Accept: application/yaml"); got.StatusCode != 404 || got.Header.Get("Vary") != "Accept" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}

// A strong tag names one text. Those of all texts name the configuration for changes.
func TestTagsOfFormats(t *testing.T) {
	s := serve(t, api.Options{})
	tag := func(kind string) string {
		return s.ask(t, "GET", "/v1/config/network", "", "Accept: application/"+kind).Header.Get("ETag")
	}
	if json, yaml, toml := tag("json"), tag("yaml"), tag("toml"); json != s.quotedETag() || yaml == json || toml == json || toml == yaml {
		t.Errorf("tags %s %s %s", json, yaml, toml)
	}
	yaml := tag("yaml")
	for accept, want := range map[string]int{"application/yaml": 304, "application/json": 200, "application/toml": 200} {
		if got := s.ask(t, "GET", "/v1/config/network", "", "Accept: "+accept, "If-None-Match: "+yaml); got.StatusCode != want {
			t.Errorf("%s: %d", accept, got.StatusCode)
		}
	}
	if got := s.ask(t, "PUT", "/v1/config/workers", "3", "If-None-Match: "+yaml); got.StatusCode != 412 {
		t.Errorf("PUT with If-None-Match: %d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "PUT", "/v1/config/workers", "3", "If-Match: "+yaml); got.StatusCode != 200 {
		t.Errorf("PUT with If-Match: %d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "PUT", "/v1/config/workers", "4", "If-Match: "+yaml); got.StatusCode != 412 {
		t.Errorf("PUT of a stale one: %d %s", got.StatusCode, got.body)
	}
}
