// SPDX-License-Identifier: Apache-2.0

// Package client talks to the HTTP interface of kresd-manager over its unix
// socket or TCP. What the answers mean to people is left to the caller, except for
// errors, whose texts are complete.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kresd-manager/api/wire"
)

// DefaultSocket is where kresd-manager listens unless it is configured
// otherwise.
const DefaultSocket = "/run/knot-resolver/kres-api.sock"

// How long to wait for an answer. Loading rules may take minutes, and a change
// that was sent is not undone by giving up on its answer.
const (
	changeTimeout = 10 * time.Minute
	readTimeout   = 10 * time.Second
)

// Client sends requests to one address. It is safe for concurrent use.
type Client struct {
	address string // of the socket, or host:port
	host    string // what requests name as host
	token   string
	http    *http.Client
	follow  *Follow
}

// New returns a client of the socket at a path. Nothing is connected yet. Every
// connection is judged before anything is sent: requests fail with *[PeerError]
// where someone else than the manager listens.
func New(socket string) *Client {
	judge := newJudge()
	return newClient(socket, "localhost", func(ctx context.Context) (net.Conn, error) { return judge.dialUnix(ctx, socket) })
}

// NewTCP returns a client of a host:port. Nothing is connected yet. Who answers
// there is not known, and what is sent, a token among it, can be read on the way.
func NewTCP(address string) *Client {
	var dialer net.Dialer
	return newClient(address, address, func(ctx context.Context) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", address)
	})
}

// UseToken has all requests send a bearer token. Call it before the first one.
func (c *Client) UseToken(token string) { c.token = token }

func newClient(address, host string, dial func(context.Context) (net.Conn, error)) *Client {
	return &Client{address: address, host: host, http: &http.Client{
		Transport: &http.Transport{
			DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
			MaxIdleConnsPerHost:    8,
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true, // the manager has none
		},
		// Nothing of ours redirects; what does is not kresd-manager.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close closes connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// request is one request in the making.
type request struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
	timeout      time.Duration
	most         int64 // bytes of an answer, 0 is maxAnswer
}

// answer is a successful answer.
type answer struct {
	status int
	header http.Header
	body   []byte
	from   string // address
	doubt  string // whether a change may have been made, if it cannot be read
}

// do sends a request and reads the whole answer. Errors are *Error when the
// manager answered and refused, *PeerError when someone else listens, and
// *ConnectError when there was no answer that can be read.
func (c *Client) do(ctx context.Context, q request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	r, err := c.request(ctx, q)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{}, c.explain(err, q)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to read
	switch unchanged := resp.StatusCode == http.StatusNotModified && q.header.Get("If-None-Match") != ""; {
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusAccepted, unchanged:
	default:
		return answer{}, c.refusal(resp, q)
	}
	body, err := readBody(resp, "answer", cmp.Or(q.most, maxAnswer))
	if err != nil {
		return answer{}, c.explain(err, q)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: body, from: c.address, doubt: q.doubt()}, nil
}

func (c *Client) request(ctx context.Context, q request) (*http.Request, error) {
	u := url.URL{Scheme: "http", Host: c.host, Path: q.path, RawQuery: q.query.Encode()}
	r, err := http.NewRequestWithContext(ctx, q.method, u.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("cannot make a request: %w", err)
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, nil
}

// refusal reads the answer of a request that did not succeed. Whoever sits on
// the socket may be another program, so that any body is taken.
func (c *Client) refusal(resp *http.Response, q request) error {
	body, err := readBody(resp, "error", maxError)
	if err != nil {
		return c.explain(err, q)
	}
	if strings.HasPrefix(string(body), "Client sent an HTTP request to an HTTPS server") { // net/http's own words
		return &ConnectError{Address: c.address, Reason: "it speaks TLS; ask with -s https://" + c.address}
	}
	e := &Error{Status: resp.StatusCode}
	t, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if t == "application/problem+json" && json.Unmarshal(body, &e.Problem) == nil && e.Problem.Kind != "" {
		return e
	}
	e.Problem = wire.Problem{
		Title:   strings.ToLower(resp.Status),
		Status:  resp.StatusCode,
		Message: strings.TrimSpace(string(body)),
	}
	return e
}

// decode reads a JSON answer, or fails with *[AnswerError].
func (a answer) decode(v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return &AnswerError{a.from, "answer", err, a.doubt}
	}
	return nil
}
