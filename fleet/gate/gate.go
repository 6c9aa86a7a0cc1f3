// SPDX-License-Identifier: Apache-2.0

// Package gate asks a server with the HTTP API of Prometheus whether a rollout may go on.
package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	timeout   = 5 * time.Second
	maxAnswer = 1 << 20
	maxToken  = 4 << 10
)

// Gate is a server that is asked. It is safe for concurrent use.
type Gate struct {
	base  *url.URL
	token func() (string, error)
	http  *http.Client
}

// New returns one at a URL, below which is api/v1/query
// (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries). token
// returns what is sent as a bearer token; it may be nil.
func New(base string, token func() (string, error)) (*Gate, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the URL of a Prometheus server, such as http://192.0.2.1:9090", base)
	}
	return &Gate{u, token, &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// answer is what the server says.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

// sample is a time, in seconds, and a value as text.
type sample [2]any

type series struct {
	Metric map[string]string `json:"metric"`
	Value  sample            `json:"value"`
}

// Ask asks an expression. closed says in words why a rollout may not go on, "" if it may:
// every value of the result has to be other than 0. The error is that it is not known:
// the server does not answer, cannot evaluate the expression, or has no data for it.
func (g *Gate) Ask(ctx context.Context, expression string) (closed string, err error) {
	values, err := g.query(ctx, expression)
	if err != nil {
		return "", fmt.Errorf("the gate cannot be asked: %w", err)
	}
	if len(values) == 0 {
		return "", fmt.Errorf("the gate has no data: %s has no value; an expression that compares needs bool, as in x < bool 1", expression)
	}
	for _, s := range values {
		text, ok := s.Value[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || math.IsNaN(v) {
			return "", fmt.Errorf("the gate has no data: %s is %v%s", expression, s.Value[1], named(s.Metric))
		}
		if v == 0 {
			return fmt.Sprintf("the gate is closed: %s is 0%s", expression, named(s.Metric)), nil
		}
	}
	return "", nil
}

func (g *Gate) query(ctx context.Context, expression string) ([]series, error) {
	form := url.Values{"query": {expression}, "timeout": {"4s"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.base.JoinPath("api/v1/query").String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if g.token != nil {
		token, err := g.token()
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+token[:min(len(token), maxToken)])
	}
	resp, err := g.http.Do(r)
	if err != nil {
		var inner *url.Error // its text has the method
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return nil, fmt.Errorf("%s does not answer: %w", g.base.Redacted(), err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to read
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxAnswer:
		return nil, fmt.Errorf("%s answers with more than %d bytes; aggregate the expression", g.base.Redacted(), maxAnswer)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("%s answers %s, and not as Prometheus does", g.base.Redacted(), resp.Status)
	}
	if a.Status != "success" {
		return nil, fmt.Errorf("%s answers: %s", g.base.Redacted(), a.Error[:min(len(a.Error), 200)])
	}
	switch a.Data.Type {
	case "scalar":
		var s sample
		err = json.Unmarshal(a.Data.Result, &s)
		return []series{{Value: s}}, err
	case "vector":
		var all []series
		err = json.Unmarshal(a.Data.Result, &all)
		return all, err
	}
	return nil, errors.New("the result is a " + a.Data.Type + "; a vector or a scalar is needed")
}

func named(metric map[string]string) string {
	for _, label := range []string{"instance", "host", "job"} {
		if v := metric[label]; v != "" {
			return " for " + v[:min(len(v), 64)]
		}
	}
	return ""
}
