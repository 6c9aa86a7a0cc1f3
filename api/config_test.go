// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"errors"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/internal/config"
)

func TestGetConfig(t *testing.T) {
	s := serve(t, api.Options{})
	tests := []struct {
		name   string
		path   string
		status int
		body   string // whole body for 200, a part of it otherwise
	}{
		{"a number", "/v1/config/workers", 200, `2`},
		{"a text", "/v1/config/logging/level", 200, `"info"`},
		{"an object", "/v1/config/logging", 200, `{"level":"info"}`},
		{"a list element", "/v1/config/network/listen/1/interface/0", 200, `"127.0.0.2"`},
		{"a stored null is null", "/v1/config/nsid", 200, `null`},
		{"the query means nothing", "/v1/config/workers?x=y", 200, `2`},
		{"a key that no one set is null, too", "/v1/config/hostname", 200, `null`},
		{"in a section that no one has begun", "/v1/config/network/tls/cert-file", 200, `null`},
		{"in a section that is there", "/v1/config/logging/groups", 200, `null`},
		{"in an element of a list", "/v1/config/network/listen/0/kind", 200, `null`},
		{"a key that there is not", "/v1/config/nope", 404, `nope`},
		{"below a key that no one set", "/v1/config/hostname/x", 404, `hostname`},
		{"the position after the last element", "/v1/config/network/listen/-", 404, ``},
		{"an index out of range", "/v1/config/network/listen/7", 404, ``},
		{"a name in a list", "/v1/config/network/listen/x", 400, ``},
		{"an index with a leading zero", "/v1/config/network/listen/01", 400, ``},
		{"below a scalar", "/v1/config/workers/x", 400, ``},
		{"a trailing slash asks for the empty key", "/v1/config/", 404, ``},
		{"two slashes are not one", "/v1/config//workers", 404, ``},
		{"dots are keys", "/v1/config/../config/workers", 404, ``},
		{"one dot is a key", "/v1/config/./workers", 404, ``},
		{"a percent-encoded slash separates", "/v1/config/logging%2Flevel", 200, `"info"`},
		{"also the first one", "/v1/config%2Fworkers", 200, `2`},
		{"a percent-encoded letter", "/v1/config/work%65rs", 200, `2`},
		{"decoded once only", "/v1/config/work%2565rs", 404, ``},
		{"escapes of the pointer", "/v1/config/local-data/addresses/a.example.", 200, `"192.0.2.1"`},
		{"a slash in a key is ~1", "/v1/config/logging~1level", 404, ``},
		{"a broken escape", "/v1/config/logging~2level", 400, ``},
		{"a newline in a key", "/v1/config/a%0Ab", 404, ``},
		{"text glued to the path is another path", "/v1/configworkers", 404, `/v1/configworkers`},
		{"the path is taken as it is", "//v1/config", 404, `nothing at //v1/config`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := s.ask(t, "GET", tt.path, "")
			if got.StatusCode != tt.status {
				t.Fatalf("status = %d, want %d; body %q", got.StatusCode, tt.status, got.body)
			}
			if tt.status != 200 {
				if !strings.Contains(got.body, tt.body) || got.Header.Get("ETag") != "" {
					t.Errorf("body = %q, ETag %q", got.body, got.Header.Get("ETag"))
				}
				return
			}
			if got.body != tt.body {
				t.Errorf("body = %q, want %q", got.body, tt.body)
			}
			if e := got.Header.Get("ETag"); e != s.quotedETag() {
				t.Errorf("ETag = %s, want %s", e, s.quotedETag())
			}
			if ct := got.Header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("Content-Type = %q", ct)
			}
		})
	}
}

func TestGetWholeConfig(t *testing.T) {
	s := serve(t, api.Options{})
	if got := s.ask(t, "GET", "/v1/config", ""); got.body != string(s.Running().JSON()) {
		t.Errorf("body = %q", got.body)
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	s := serve(t, api.Options{})
	for _, path := range []string{"/v1/config", "/v1/config/workers", "/v1/config/nope", "/", "/v1/status", "/nope"} {
		get, head := s.ask(t, "GET", path, ""), s.ask(t, "HEAD", path, "")
		if head.StatusCode != get.StatusCode || head.body != "" || head.ContentLength != int64(len(get.body)) {
			t.Errorf("%s: %d, %d bytes announced, body %q; GET gave %d and %d bytes",
				path, head.StatusCode, head.ContentLength, head.body, get.StatusCode, len(get.body))
		}
	}
}

func TestChangeConfig(t *testing.T) {
	const (
		jsonType  = "Content-Type: application/json"
		patchType = "Content-Type: application/json-patch+json"
	)
	tests := []struct {
		name         string
		method, path string
		body, header string
		status       int
		look         string // pointer to look at afterwards
		want         string // there, "" if nothing may be there
	}{
		{"replace a value", "PUT", "/workers", `3`, jsonType, 200, "/workers", `3`},
		{"create a value", "PUT", "/hostname", `"x"`, jsonType, 200, "/hostname", `"x"`},
		{"replace a list element", "PUT", "/network/listen/0", `{"interface":"127.0.0.9"}`, jsonType, 200, "/network/listen/0/interface", `"127.0.0.9"`},
		{"append to a list", "PUT", "/network/listen/-", `{"interface":"127.0.0.9"}`, jsonType, 200, "/network/listen/2/interface", `"127.0.0.9"`},
		{"replace everything", "PUT", "", `{"workers":1}`, jsonType, 200, "", `{"workers":1}`},
		{"media types have parameters", "PUT", "/workers", `3`, jsonType + "; charset=utf-8", 200, "/workers", `3`},
		{"media types have no case", "PUT", "/workers", `3`, "Content-Type: Application/JSON", 200, "/workers", `3`},
		{"YAML", "PUT", "/logging", "level: debug # more\n", "Content-Type: application/yaml", 200, "/logging/level", `"debug"`},
		{"YAML by an older name", "PUT", "/logging", "level: debug\n", "Content-Type: text/yaml", 200, "/logging/level", `"debug"`},
		{"TOML", "PUT", "/logging", "level = 'debug'\n", "Content-Type: application/toml", 200, "/logging/level", `"debug"`},
		{"YAML in brackets, as a table of TOML", "PUT", "/logging/groups", "[cache]\n", "Content-Type: application/yaml", 200, "/logging/groups", `["cache"]`},
		{"YAML like an address in brackets", "PUT", "/network/listen/0/interface", "[127.0.0.1]", "Content-Type: application/yaml", 200, "/network/listen/0/interface", `["127.0.0.1"]`},
		{"JSON that says it is YAML", "PUT", "/logging/level", `"deb\u0075g"`, "Content-Type: application/yaml", 200, "/logging/level", `"debug"`},
		{"no type: by content", "PUT", "/logging", "level: debug\n", "", 200, "/logging/level", `"debug"`},
		{"bytes: by content", "PUT", "/logging", "level = 'debug'\n", "Content-Type: application/octet-stream", 200, "/logging/level", `"debug"`},

		{"YAML that says it is JSON", "PUT", "/logging", "level: debug\n", jsonType, 400, "/logging/level", `"info"`},
		{"TOML that says it is YAML", "PUT", "/logging", "level = 'debug'\n", "Content-Type: application/yaml", 400, "/logging/level", `"info"`},
		{"broken JSON", "PUT", "/workers", `{"a":`, jsonType, 400, "/workers", `2`},
		{"a key given twice", "PUT", "/logging", `{"level":"debug","level":"info"}`, jsonType, 400, "/logging/level", `"info"`},
		{"no body", "PUT", "/workers", ``, jsonType, 400, "/workers", `2`},
		{"a type no one reads", "PUT", "/workers", `3`, "Content-Type: text/plain", 415, "/workers", `2`},
		{"a type that is none", "PUT", "/workers", `3`, "Content-Type: ;", 415, "/workers", `2`},
		{"a compressed body", "PUT", "/workers", `3`, "Content-Encoding: gzip", 415, "/workers", `2`},
		{"a value that is not valid", "PUT", "/workers", `"many"`, jsonType, 400, "/workers", `2`},
		{"a key that does not exist", "PUT", "/nope", `1`, jsonType, 400, "/nope", ``},
		{"a malformed pointer", "PUT", "/a~3", `1`, jsonType, 400, "/a", ``},
		{"a configuration that workers refuse", "PUT", "/lua", refused, jsonType, 422, "/lua", ``},

		{"delete a value", "DELETE", "/nsid", ``, "", 200, "/nsid", ``},
		{"delete with a body", "DELETE", "/nsid", `null`, jsonType, 200, "/nsid", ``},
		{"delete a list element", "DELETE", "/network/listen/0", ``, "", 200, "/network/listen/0/port", `5354`},
		{"delete what is not there", "DELETE", "/nope", ``, "", 404, "/workers", `2`},

		{"patch", "PATCH", "", `[{"op":"replace","path":"/workers","value":4},{"op":"remove","path":"/nsid"}]`, patchType, 200, "/workers", `4`},
		{"patch by the general type", "PATCH", "", `[{"op":"move","from":"/nsid","path":"/hostname"}]`, jsonType, 200, "/nsid", ``},
		{"patch a part", "PATCH", "/logging", `[{"op":"test","path":"/level","value":"info"},{"op":"replace","path":"/level","value":"debug"}]`, patchType, 200, "/logging/level", `"debug"`},
		{"an empty patch", "PATCH", "", `[]`, patchType, 200, "/workers", `2`},
		{"a test that does not hold", "PATCH", "", `[{"op":"replace","path":"/workers","value":4},{"op":"test","path":"/nsid","value":1}]`, patchType, 409, "/workers", `2`},
		{"a patch of what is not there", "PATCH", "/nope", `[]`, patchType, 404, "/workers", `2`},
		{"a patch in what is not there", "PATCH", "", `[{"op":"remove","path":"/nope"}]`, patchType, 404, "/workers", `2`},
		{"a patch that is none", "PATCH", "", `{"op":"remove","path":"/nsid"}`, patchType, 400, "/nsid", `null`},
		{"a patch with an unknown operation", "PATCH", "", `[{"op":"frob","path":"/nsid"}]`, patchType, 400, "/nsid", `null`},
		{"a patch that is not JSON", "PATCH", "", `- op: remove`, patchType, 400, "/nsid", `null`},
		{"a merge patch", "PATCH", "", `{"workers":1}`, "Content-Type: application/merge-patch+json", 415, "/workers", `2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, api.Options{})
			before := s.quotedETag()
			var headers []string
			if tt.header != "" {
				headers = []string{tt.header}
			}
			got := s.ask(t, tt.method, "/v1/config"+tt.path, tt.body, headers...)
			if got.StatusCode != tt.status {
				t.Fatalf("status = %d, want %d; body %q", got.StatusCode, tt.status, got.body)
			}
			if tt.status == 200 {
				if got.body != "" || got.Header.Get("ETag") != s.quotedETag() {
					t.Errorf("body %q, ETag %s, want none and %s", got.body, got.Header.Get("ETag"), s.quotedETag())
				}
			} else if s.quotedETag() != before || got.body == "" {
				t.Errorf("configuration changed: %s; body %q", s.Running().JSON(), got.body)
			}
			look := s.ask(t, "GET", "/v1/config"+tt.look, "")
			if tt.want != "" {
				if look.body != tt.want {
					t.Errorf("%s = %s, want %s", tt.look, look.body, tt.want)
				}
				return
			}
			status := 404
			if s.Running().Unset(tt.look) {
				status = 200
			}
			if _, err := s.Running().Value(tt.look); !errors.Is(err, config.ErrNotFound) || look.StatusCode != status {
				t.Errorf("%s = %d %s, want nothing there: %v", tt.look, look.StatusCode, look.body, err)
			}
		})
	}
}

func TestUnsupportedPatchTypeNamesTheSupportedOne(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "PATCH", "/v1/config", "x", "Content-Type: text/plain")
	if h := got.Header.Get("Accept-Patch"); h != "application/json-patch+json" {
		t.Errorf("Accept-Patch = %q", h)
	}
}
