// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/openapi/conform"
	"kresd-manager/api/wire"
	"kresd-manager/internal/doctor"
	"kresd-manager/units"
)

func TestTheDescriptionIsServed(t *testing.T) {
	s := serve(t, api.Options{Version: "9.9"})
	for _, path := range []string{"/openapi.json", "/v1/openapi.json"} {
		got := s.ask(t, "GET", path, "")
		var doc struct {
			OpenAPI string
			Info    struct{ Title, Version string }
			Paths   map[string]map[string]struct {
				OperationID string
				Role        string `json:"x-role"`
				Security    []map[string][]string
				Parameters  []struct{ Name, In string }
				Responses   map[string]any
			}
		}
		if err := json.Unmarshal([]byte(got.body), &doc); err != nil {
			t.Fatalf("%d %.200s: %v", got.StatusCode, got.body, err)
		}
		if doc.OpenAPI != "3.1.0" || doc.Info.Version != "9.9" || doc.Info.Title != "kresd-manager" {
			t.Errorf("%s: %+v", path, doc.Info)
		}
		ids := map[string]bool{}
		for p, methods := range doc.Paths {
			for method, o := range methods {
				if o.OperationID == "" || ids[o.OperationID] {
					t.Errorf("%s %s has the operationId %q, which is not its own", method, p, o.OperationID)
				}
				ids[o.OperationID] = true
				if !slices.Contains([]string{"none", "read", "operate", "configure"}, o.Role) || len(o.Security) == 0 || len(o.Responses) < 2 {
					t.Errorf("%s %s: %+v", method, p, o)
				}
				var named []string
				for _, parameter := range o.Parameters {
					if parameter.In == "path" {
						named = append(named, "{"+parameter.Name+"}")
					}
				}
				if want := strings.Count(p, "{"); len(named) != want || want == 1 && !strings.Contains(p, named[0]) {
					t.Errorf("%s %s names %v", method, p, named)
				}
			}
		}
		for p, role := range map[string]string{"put /v1/config/{pointer}": "configure", "get /v1/status": "read", "post /reload": "operate", "head /": "read"} {
			method, path, _ := strings.Cut(p, " ")
			if got := doc.Paths[path][method].Role; got != role {
				t.Errorf("%s takes the role %q, want %s", p, got, role)
			}
		}
	}
}

// What a test of answers would not notice is no test.
func TestAnswersThatAreNotAsDescribed(t *testing.T) {
	s, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	answer := func(method, path string, status int, contentType, body string, headers ...string) conform.Answer {
		h := http.Header{"X-Reference-Id": {"r"}, "Content-Type": {contentType}}
		for _, name := range headers {
			h[name] = []string{"x"}
		}
		return conform.Answer{Method: method, Path: path, Status: status, Header: h, Body: []byte(body)}
	}
	good := answer("GET", "/v1/history", 200, "application/json", `{"entries":[]}`)
	if err := s.Check(good); err != nil {
		t.Error(err)
	}
	bare := good
	bare.Header = http.Header{"Content-Type": {"application/json"}}
	for want, a := range map[string]conform.Answer{
		"has no such path":               answer("GET", "/v1/secret", 200, "application/json", `{}`),
		"has no such method":             answer("PUT", "/v1/status", 200, "application/json", `{}`),
		"405 without Allow":              answer("PUT", "/v1/status", 405, "text/plain", `no`),
		"has no answer 418":              answer("GET", "/v1/history", 418, "text/plain", `no`),
		"without the header X-Reference": bare,
		"without the header Retry-After": answer("GET", "/v1/history", 503, "text/plain", `no`),
		"with the type text/html":        answer("GET", "/v1/history", 200, "text/html", `no`),
		"missing property 'entries'":     answer("GET", "/v1/history", 200, "application/json", `{}`),
		"additional properties 'more'":   answer("GET", "/v1/history", 200, "application/json", `{"entries":[],"more":1}`),
		"got string, want integer":       answer("GET", "/v1/history", 200, "application/json", `{"entries":[],"waiting":{"by":"2026-01-01T00:00:00Z","entry":"1"}}`),
		"is not valid date-time":         answer("GET", "/v1/history", 200, "application/json", `{"entries":[],"waiting":{"by":"now","entry":1}}`),
		"value must be one of":           answer("GET", "/v1/history", 503, "application/problem+json", `{"kind":"odd","title":"","status":503,"message":"","reference":""}`, "Retry-After"),
		"with a body":                    answer("GET", "/v1/config", 304, "application/json", `{}`, "ETag"),
		"is not as described":            answer("GET", "/v1/events", 200, "text/event-stream", ": x\n\nid: 1\nevent: odd\ndata: {\"n\":1,\"oddity\":2}\n\n"),
	} {
		if err := s.Check(a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Kinds of problems are a closed set, which the description has.
func TestAllKindsAreListed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "wire/kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil || len(spec.Values) == 0 {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "Kind" {
			return true
		}
		found++
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil || !slices.Contains(wire.Kinds, wire.Kind(text)) {
			t.Errorf("wire.Kinds does not have %s", spec.Names[0].Name)
		}
		return true
	})
	if found != len(wire.Kinds) || found < 20 {
		t.Errorf("%d kinds are declared and %d are listed", found, len(wire.Kinds))
	}
}

// Each route that reads answers HEAD as well, and what no other test asks for is asked
// here: every good answer of the description is seen by a test.
func TestAnswersThatAreAsDescribed(t *testing.T) {
	s := serve(t, api.Options{Logs: func(context.Context, units.LogQuery, func(units.LogLine)) error { return nil },
		Doctor: func(context.Context) doctor.Report { return doctor.Report{} }})
	text, err := api.Description("test")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("/v1/history/{id}/diff", "/v1/history/1/diff?from=1", "/v1/config/{pointer}", "/v1/config/workers", "{pointer}", "cache", "{id}", "1", "{kind}", "kresd", "{profile}", "cmdline", "{file}", "index.html")
	s.ask(t, "PUT", "/v1/config/management", `{"unix-socket": "/s", "pprof": true}`)
	for path, methods := range doc.Paths {
		if methods["head"] == nil {
			continue
		}
		path = fill.Replace(path)
		if got := s.ask(t, "HEAD", path, ""); got.StatusCode >= 400 {
			t.Errorf("HEAD %s: %d", path, got.StatusCode)
		}
	}
	// Whoever does not wait is answered at once, and told where to look.
	whole := s.ask(t, "GET", "/v1/config", "").body
	for _, request := range []string{
		"PUT /v1/config " + whole, `PATCH /v1/config/network [{"op": "add", "path": "/do-ipv6", "value": false}]`, "POST /reload/force", "POST /renew/force", "POST /v1/restart",
		"POST /v1/rollback", "DELETE /v1/config",
	} {
		parts := append(strings.SplitN(request, " ", 3), "")
		got := s.ask(t, parts[0], parts[1], parts[2], "Prefer: respond-async")
		at := got.Header.Get("Location")
		if got.StatusCode != 202 || at == "" {
			t.Errorf("%s: %d %s", request, got.StatusCode, got.body)
			continue
		}
		done := s.ask(t, "GET", at+"?wait=60s", "")
		if again := s.ask(t, "HEAD", at, "", "If-None-Match: "+done.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("HEAD %s: %d after %s", at, again.StatusCode, done.body)
		}
		s.ask(t, "POST", "/reload", "")
	}
	s.ask(t, "PUT", "/v1/config/management", `{"unix-socket": "/s", "pprof": true}`)
	for _, request := range []string{"GET /debug/pprof/", "GET /debug/pprof/cmdline", "POST /reload/force", "POST /v1/rollback", "DELETE /v1/config"} {
		method, path, _ := strings.Cut(request, " ")
		if got := s.ask(t, method, path, ""); got.StatusCode != 200 {
			t.Errorf("%s: %d %s", request, got.StatusCode, got.body)
		}
	}
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	page := s.ask(t, "HEAD", "/ui/", "").Header.Get("ETag")
	for path, want := range map[string]int{"/ui": 301, "/ui/index.html": 304} {
		if got := s.ask(t, "HEAD", path, "", "If-None-Match: "+page); got.StatusCode != want {
			t.Errorf("HEAD %s: %d", path, got.StatusCode)
		}
	}
	tag := s.quotedETag()
	for _, path := range []string{"/v1/config", "/v1/config/workers"} {
		if got := s.ask(t, "HEAD", path, "", "If-None-Match: "+tag); got.StatusCode != 304 {
			t.Errorf("HEAD %s: %d", path, got.StatusCode)
		}
	}
}

// Of each request that does something it is said whether an answer comes before its end.
func TestWhatIgnoresAsyncIsSaid(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			Description string
			Role        string `json:"x-role"`
			Responses   map[string]any
		}
	}
	s := serve(t, api.Options{})
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/openapi.json", "").body), &doc); err != nil {
		t.Fatal(err)
	}
	counts := map[bool]int{}
	for path, item := range doc.Paths {
		for method, of := range item {
			if method == "get" || method == "head" || of.Responses == nil || of.Role == "none" {
				continue
			}
			early, ignored := of.Responses["202"] != nil, strings.Contains(of.Description, "respond-async is ignored")
			if counts[early]++; early == ignored {
				t.Errorf("%s %s: an answer before the end %v, ignored %v", method, path, early, ignored)
			}
		}
	}
	if counts[true] < 9 || counts[false] != 5 {
		t.Errorf("with and without an early answer: %v", counts)
	}
	for _, c := range []struct{ path, body string }{{"/cache/clear", "{}"}, {"/stop", ""}} {
		if got := s.ask(t, "POST", c.path, c.body, "Prefer: respond-async"); got.StatusCode != 200 || got.Header.Get("Preference-Applied") != "" {
			t.Errorf("%s: %s %v %s", c.path, got.Status, got.Header, got.body)
		}
	}
}
