// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"io"
	"strings"
	"sync"
	"testing"

	"kresd-manager/api"
)

func TestPreconditions(t *testing.T) {
	tests := []struct {
		name         string
		method, path string
		headers      []string // TAG stands for the running ETag
		status       int
	}{
		{"GET if none match", "GET", "/workers", []string{`If-None-Match: "TAG"`}, 304},
		{"GET if none match, another", "GET", "/workers", []string{`If-None-Match: "x"`}, 200},
		{"GET if none match, weak comparison", "GET", "/workers", []string{`If-None-Match: W/"TAG"`}, 304},
		{"GET if none match, list", "GET", "/workers", []string{`If-None-Match: "x" , ,"TAG"`}, 304},
		{"GET if none match, two lines", "GET", "/workers", []string{`If-None-Match: "x"`, `If-None-Match: "TAG"`}, 304},
		{"GET if none match, any", "GET", "/workers", []string{`If-None-Match: *`}, 304},
		{"GET if none match, nothing there", "GET", "/nope", []string{`If-None-Match: *`}, 404},
		{"HEAD if none match", "HEAD", "/workers", []string{`If-None-Match: "TAG"`}, 304},
		{"GET if match", "GET", "/workers", []string{`If-Match: "TAG"`}, 200},
		{"GET if match, another", "GET", "/workers", []string{`If-Match: "x"`}, 412},
		{"GET if match goes first", "GET", "/workers", []string{`If-Match: "x"`, `If-None-Match: "TAG"`}, 412},
		{"GET if match holds, if none match not", "GET", "/workers", []string{`If-Match: "TAG"`, `If-None-Match: "TAG"`}, 304},
		{"GET with a broken header", "GET", "/workers", []string{`If-Match: "x" "y"`}, 400},
		{"GET with an open quote", "GET", "/workers", []string{`If-Match: "x`}, 400},
		{"GET with any among others", "GET", "/workers", []string{`If-Match: "x", *`}, 400},

		{"PUT if match", "PUT", "/workers", []string{`If-Match: "TAG"`}, 200},
		{"PUT if match, list", "PUT", "/workers", []string{`If-Match: "a,b", "TAG"`}, 200},
		{"PUT if match without quotes, as stock takes it", "PUT", "/workers", []string{`If-Match: TAG`}, 200},
		{"PUT if match, strong comparison", "PUT", "/workers", []string{`If-Match: W/"TAG"`}, 412},
		{"PUT if match, another", "PUT", "/workers", []string{`If-Match: "x"`}, 412},
		{"PUT if match, any", "PUT", "/workers", []string{`If-Match: *`}, 200},
		{"PUT if match, any, nothing there", "PUT", "/hostname", []string{`If-Match: *`}, 412},
		{"PUT if none match, any: create only", "PUT", "/workers", []string{`If-None-Match: *`}, 412},
		{"PUT if none match, any, nothing there", "PUT", "/hostname", []string{`If-None-Match: *`}, 200},
		{"PUT if none match", "PUT", "/workers", []string{`If-None-Match: "TAG"`}, 412},
		{"PUT a broken body goes first", "PUT", "/broken", []string{`If-Match: "x"`}, 400},
		{"PATCH if match, another", "PATCH", "", []string{`If-Match: "x"`}, 412},
		{"DELETE if match, another", "DELETE", "/nsid", []string{`If-Match: "x"`}, 412},
		{"DELETE if match", "DELETE", "/nsid", []string{`If-Match: "TAG"`}, 200},
	}
	bodies := map[string]string{"PUT /workers": "3", "PUT /hostname": `"x"`, "PUT /broken": `{`, "PATCH ": "[]"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, api.Options{})
			before := s.Running().ETag()
			headers := []string{"Content-Type: application/json"}
			for _, h := range tt.headers {
				headers = append(headers, strings.ReplaceAll(h, "TAG", before))
			}
			got := s.ask(t, tt.method, "/v1/config"+tt.path, bodies[tt.method+" "+tt.path], headers...)
			if got.StatusCode != tt.status {
				t.Fatalf("status = %d, want %d; body %q", got.StatusCode, tt.status, got.body)
			}
			if changed := s.Running().ETag() != before; changed != (tt.status == 200 && tt.method != "GET" && tt.method != "PATCH") {
				t.Errorf("changed = %v", changed)
			}
			if tt.status == 304 && (got.Header.Get("ETag") == "" || got.body != "") {
				t.Errorf("ETag %q, body %q", got.Header.Get("ETag"), got.body)
			}
		})
	}
}

func TestOfManyWritersWithTheSameTagOneWins(t *testing.T) {
	const clients = 20
	s := serve(t, api.Options{})
	tag := s.quotedETag()
	var wg sync.WaitGroup
	status := make([]int, clients)
	for i := range clients {
		wg.Go(func() {
			got := s.ask(t, "PUT", "/v1/config/local-data/addresses/b.example.", `"192.0.2.`+string(rune('1'+i%9))+`"`,
				"Content-Type: application/json", "If-Match: "+tag)
			status[i] = got.StatusCode
		})
	}
	wg.Wait()
	count := map[int]int{}
	for _, c := range status {
		count[c]++
	}
	if count[200] != 1 || count[412] != clients-1 {
		t.Errorf("answers: %v, want one 200 and %d 412", count, clients-1)
	}
}

// Scripts that were written for Knot Resolver's own manager look for the field as it
// is spelt there.
func TestTheETagIsSpeltAsInStock(t *testing.T) {
	s := serve(t, api.Options{})
	for _, c := range [][2]string{
		{"GET /v1/config HTTP/1.1\r\n", " 200 "},
		{"GET /v1/config HTTP/1.1\r\nIf-None-Match: " + s.quotedETag() + "\r\n", " 304 "},
		{"DELETE /v1/config/nsid HTTP/1.1\r\n", " 200 "},
		{"GET /v1/config/nope HTTP/1.1\r\n", " 404 "},
	} {
		request, status := c[0], c[1]
		text, err := io.ReadAll(s.dial(t, request+"Host: localhost\r\nConnection: close\r\n\r\n"))
		if err != nil || !strings.Contains(string(text), status) {
			t.Errorf("%q: %v, %s", request, err, text)
		}
		if got := strings.Contains(string(text), "\r\nETag: \""); got != (status != " 404 ") || strings.Contains(string(text), "Etag") {
			t.Errorf("%q is answered with\n%s", request, text)
		}
	}
}
