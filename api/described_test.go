// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/openapi/conform"
)

// spec is the description that the interface gives of itself.
var spec = sync.OnceValues(func() (*conform.Spec, error) {
	text, err := api.Description("test")
	if err != nil {
		return nil, err
	}
	return conform.New(text)
})

// answered has what was seen of the description in all tests.
var answered struct {
	sync.Mutex
	keys map[string]bool
}

// described holds every answer of a handler to the description.
func described(tb testing.TB, h http.Handler) http.Handler {
	s, err := spec()
	if err != nil {
		tb.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		method, path := r.Method, r.URL.Path
		whole := false
		defer func() {
			if !whole || rec.status == 0 {
				return // the connection was cut
			}
			a := conform.Answer{Method: method, Path: path, Status: rec.status, Header: w.Header(), Body: rec.body.Bytes()}
			if method == http.MethodHead {
				a.Body = nil // net/http sends none
			}
			if err := s.Check(a); err != nil {
				tb.Error(err)
			}
			answered.Lock()
			answered.keys[s.Key(a)] = true
			answered.Unlock()
		}()
		h.ServeHTTP(rec, r)
		whole = rec.failed == nil
	})
}

// recorder keeps what goes out.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	failed error
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.body.Write(p[:n])
	if err != nil {
		r.failed = err
	}
	return n, err
}

// TestMain demands, if all tests ran, that they have seen every good answer which the
// description has.
func TestMain(m *testing.M) {
	answered.keys = map[string]bool{}
	code := m.Run()
	part := testing.Short()
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		part = part || flag.Lookup(name).Value.String() != ""
	}
	if code == 0 && !part {
		s, err := spec()
		if err == nil {
			answered.Lock() // by a handler whose client has read the answer already
			err = s.Covered(answered.keys)
			answered.Unlock()
		}
		if err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	os.Exit(code)
}
