// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kresd-manager/internal/config/text"
	"kresd-manager/units"
)

// ChangeOptions are conditions of a change.
type ChangeOptions struct {
	// DryRun asks for the plan only.
	DryRun bool
	// IfMatch is the ETag that the running configuration must have, with or
	// without quotes; "" is any.
	IfMatch string
	// ConfirmWithin is after which time the change is undone unless it is
	// confirmed; 0 is never.
	ConfirmWithin time.Duration
	// Comment is for the history.
	Comment string
}

// query is what of it goes into the URL.
func (o ChangeOptions) query() url.Values {
	q := url.Values{}
	if o.DryRun {
		q.Set("dry-run", "1")
	}
	if o.ConfirmWithin != 0 {
		q.Set("confirm-within", o.ConfirmWithin.String())
	}
	if o.Comment != "" {
		q.Set("comment", o.Comment)
	}
	return q
}

// header is what of it goes into the header.
func (o ChangeOptions) header() http.Header {
	h := http.Header{}
	if o.IfMatch != "" {
		h.Set("If-Match", quoted(o.IfMatch))
	}
	return h
}

// Changed is what became of a change.
type Changed struct {
	Report units.Report
	// ETag names the configuration that runs now, without quotes.
	ETag string
}

// Get returns the value at a JSON pointer of the running configuration as JSON,
// and the ETag of the configuration, without quotes.
func (c *Client) Get(ctx context.Context, pointer string) (value []byte, etag string, err error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/config" + pointer, timeout: readTimeout, most: maxConfig})
	if err != nil {
		return nil, "", err
	}
	return a.body, a.etag(), nil
}

// Put replaces or creates the value at a pointer. The format is that of the body; ""
// lets the manager look.
func (c *Client) Put(ctx context.Context, pointer string, body []byte, format text.Format, opt ChangeOptions) (Changed, error) {
	contentType := ""
	if format != "" {
		contentType = "application/" + string(format)
	}
	return c.change(ctx, http.MethodPut, pointer, body, contentType, opt)
}

// Delete removes the value at a pointer.
func (c *Client) Delete(ctx context.Context, pointer string, opt ChangeOptions) (Changed, error) {
	return c.change(ctx, http.MethodDelete, pointer, nil, "", opt)
}

func (c *Client) change(ctx context.Context, method, pointer string, body []byte, contentType string, opt ChangeOptions) (Changed, error) {
	q := request{
		method: method, path: "/v1/config" + pointer, query: opt.query(),
		header: opt.header(), body: body, timeout: changeTimeout,
	}
	if contentType != "" {
		q.header.Set("Content-Type", contentType)
	}
	return c.carry(ctx, q)
}

// quoted puts a tag into the quotes that HTTP wants and people leave out.
func quoted(etag string) string {
	if etag == "*" || strings.Contains(etag, `"`) {
		return etag
	}
	return `"` + etag + `"`
}

func (a answer) etag() string { return strings.Trim(a.header.Get("Etag"), `"`) }

// report reads a report. Knot Resolver's own manager answers a change with
// nothing or with a word, which is an empty report.
func (a answer) report() (r units.Report, err error) {
	if len(a.body) == 0 || strings.HasPrefix(a.header.Get("Content-Type"), "text/") {
		return r, nil
	}
	err = a.decode(&r)
	return r, err
}
