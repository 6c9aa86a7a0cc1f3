// SPDX-License-Identifier: Apache-2.0

package product

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/api"
	"kresd-manager/api/openapi/conform"
	"kresd-manager/units"
)

// Answer is what the API said.
type Answer struct {
	Code   int
	Header http.Header
	Body   string
}

// Request sends one request to the API. Pairs of a header follow the body.
func (s *System) Request(ctx context.Context, method, path, body string, header ...string) (Answer, error) {
	return Request(ctx, s.HTTPClient(Socket), method, path, body, header...)
}

// Request sends one request to a manager, by a client that is not used any more.
func Request(ctx context.Context, client *http.Client, method, path, body string, header ...string) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return Answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, string(b)}, err
}

// Call is Request for one that has to be answered, and as the description of the
// interface says.
func (s *System) Call(t *testing.T, method, path, body string, header ...string) Answer {
	t.Helper()
	a, err := s.Request(t.Context(), method, path, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	described, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	asked, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := described.Check(conform.Answer{Method: method, Path: asked.Path, Status: a.Code, Header: a.Header, Body: []byte(a.Body)}); err != nil {
		t.Error(err)
	}
	return a
}

// spec is what all answers of the API are held to.
var spec = sync.OnceValues(func() (*conform.Spec, error) {
	text, err := api.Description("")
	if err != nil {
		return nil, err
	}
	return conform.New(text)
})

// Report has a manager put a whole configuration into force, or with ?dry-run after the path
// say what that would do. The error is its refusal.
func Report(t *testing.T, client *http.Client, path, doc string) (r units.Report, err error) {
	t.Helper()
	a, err := Request(t.Context(), client, http.MethodPut, path, doc, "Accept", "application/json")
	if err != nil {
		t.Fatal(err)
	}
	if a.Code != http.StatusOK {
		return r, errors.New(a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), &r); err != nil {
		t.Fatalf("%v in %s", err, a.Body)
	}
	return r, nil
}

// Put changes the configuration and returns the plan that was carried out.
func (s *System) Put(t *testing.T, pointer, value string) units.Plan {
	t.Helper()
	a := s.Call(t, "PUT", "/v1/config"+pointer, value, "Accept", "application/json")
	if a.Code != 200 {
		t.Fatalf("PUT %s: %d %s", pointer, a.Code, a.Body)
	}
	var r units.Report
	if err := json.Unmarshal([]byte(a.Body), &r); err != nil {
		t.Fatalf("PUT %s: %v in %s", pointer, err, a.Body)
	}
	return r.Plan
}

// Refused asks for a change and expects that it is refused with a status of 4xx and a
// text that has all of these words.
func (s *System) Refused(t *testing.T, pointer, value string, words ...string) {
	t.Helper()
	a := s.Call(t, "PUT", "/v1/config"+pointer, value)
	if a.Code < 400 || a.Code > 499 {
		t.Errorf("PUT %s: %d, want 4xx\n%s", pointer, a.Code, a.Body)
	}
	for _, w := range words {
		if !strings.Contains(a.Body, w) {
			t.Errorf("PUT %s: the answer does not say %q:\n%s", pointer, w, a.Body)
		}
	}
}

// Status asks the API for the state of everything, once all of a start has been done.
func (s *System) Status(t *testing.T) units.Status {
	t.Helper()
	st := s.status(t)
	for began := time.Now(); st.State == "applying" && st.Change == nil && time.Since(began) < patience; st = s.status(t) {
		time.Sleep(20 * time.Millisecond)
	}
	return st
}

func (s *System) status(t *testing.T) units.Status {
	t.Helper()
	a := s.Call(t, "GET", "/v1/status", "")
	var st units.Status
	if err := json.Unmarshal([]byte(a.Body), &st); err != nil || a.Code != 200 {
		t.Fatalf("GET /v1/status: %d %v %s", a.Code, err, a.Body)
	}
	return st
}

// Query asks for an A record over network "udp", "tcp" or "tcp-tls", at the
// usual port of 127.0.0.1, and returns the addresses.
func (s *System) Query(network, name string, timeout time.Duration) ([]string, error) {
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	addr := "127.0.0.1:53"
	c := dns.Client{Net: network, Timeout: timeout}
	if network == "tcp-tls" {
		addr = "127.0.0.1:853"
		c.TLSConfig = &tls.Config{InsecureSkipVerify: true} // a self-signed one is what is expected
	}
	var got []string
	err := s.InNetNS(func() error {
		in, _, err := c.Exchange(q, addr)
		if err != nil {
			return err
		}
		if in.Rcode != dns.RcodeSuccess {
			return fmt.Errorf("response code %s", dns.RcodeToString[in.Rcode])
		}
		for _, rr := range in.Answer {
			if a, ok := rr.(*dns.A); ok {
				got = append(got, a.A.String())
			}
		}
		return nil
	})
	return got, err
}

// Resolve is Query for a question that has to be answered.
func (s *System) Resolve(t *testing.T, network, name string) []string {
	t.Helper()
	got, err := s.Query(network, name, patience)
	if err != nil {
		t.Fatalf("%s over %s: %v", name, network, err)
	}
	return got
}

// Expect fails the test unless a name has exactly this address.
func (s *System) Expect(t *testing.T, name, address string) {
	t.Helper()
	if got, err := s.Query("udp", name, patience); err != nil || len(got) != 1 || got[0] != address {
		t.Errorf("%s is %v (%v), want %s", name, got, err, address)
	}
}
