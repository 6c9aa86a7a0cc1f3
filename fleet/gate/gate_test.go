// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What Prometheus answers, by expression, as its documentation has it.
var answers = map[string]string{
	"good":   `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"ns1"},"value":[1435781451.781,"1"]},{"metric":{"instance":"ns2"},"value":[1435781451.781,"0.5"]}]}}`,
	"bad":    `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"ns1"},"value":[1435781451.781,"1"]},{"metric":{"instance":"ns2"},"value":[1435781451.781,"0"]}]}}`,
	"scalar": `{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"1"]}}`,
	"nan":    `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781451.781,"NaN"]}]}}`,
	"empty":  `{"status":"success","data":{"resultType":"vector","result":[]}}`,
	"matrix": `{"status":"success","data":{"resultType":"matrix","result":[]}}`,
	"wrong(": `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:7: parse error: unclosed left parenthesis"}`,
	"odd":    `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1435781451.781,7]}]}}`,
	"html":   `<html>`,
	"long":   `{"status":"success","data":{"resultType":"vector","result":[` + strings.Repeat(" ", maxAnswer) + `]}}`,
}

func TestAsk(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/prom/api/v1/query" || r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "not this", http.StatusNotFound)
			return
		}
		if r.FormValue("query") == "wrong(" {
			w.WriteHeader(http.StatusBadRequest)
		}
		if r.FormValue("query") == "elsewhere" {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusTemporaryRedirect)
		}
		_, _ = fmt.Fprint(w, answers[r.FormValue("query")])
	}))
	defer server.Close()
	g, err := New(server.URL+"/prom", func() (string, error) { return "secret", nil })
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]struct{ closed, err string }{
		"good":      {},
		"scalar":    {},
		"bad":       {closed: "the gate is closed: bad is 0 for ns2"},
		"nan":       {err: "the gate has no data: nan is NaN"},
		"empty":     {err: "the gate has no data: empty has no value; an expression that compares needs bool"},
		"odd":       {err: "the gate has no data: odd is 7"},
		"matrix":    {err: "the result is a matrix"},
		"wrong(":    {err: "unclosed left parenthesis"},
		"html":      {err: "answers 200 OK, and not as Prometheus does"},
		"elsewhere": {err: "answers 307 Temporary Redirect, and not as Prometheus does"},
		"long":      {err: "aggregate the expression"},
	} {
		closed, err := g.Ask(t.Context(), expression)
		if closed != want.closed || (err == nil) != (want.err == "") || err != nil && !strings.Contains(err.Error(), want.err) {
			t.Errorf("%s: %q, %v", expression, closed, err)
		}
	}
	server.Close()
	if _, err := g.Ask(t.Context(), "good"); err == nil || !strings.Contains(err.Error(), "the gate cannot be asked") {
		t.Errorf("without a server: %v", err)
	}
	for _, base := range []string{"", "prometheus:9090", "ftp://x/", "http://x/?a"} {
		if _, err := New(base, nil); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}
