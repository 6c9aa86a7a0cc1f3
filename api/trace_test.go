// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"
	"testing"

	"kresd-manager/api"
)

func TestTrace(t *testing.T) {
	s := serve(t, api.Options{})
	for _, c := range []struct {
		body   string
		status int
		parts  []string
	}{
		{`{"name":"WWW.example"}`, 200, []string{`"unit":"kresd@1.service","name":"www.example","type":"A"`, `"rcode":"NOERROR"`, `"kind":"ask"`, `"address":"192.0.2.53:53"`}},
		{`{"name":"www.example","type":"a"}`, 200, []string{`"kind":"cache-hit"`}},
		{`{"name":"www.example","unit":"2","from":"::ffff:192.0.2.9"}`, 200, []string{`"unit":"kresd@2.service"`, `"from":"192.0.2.9"`}},
		{`{"name":"www.example","unit":"kresd9"}`, 404, []string{"kresd@9.service is not a worker of this resolver"}},
		{`{"name":"www.example","unit":"gc"}`, 404, []string{"kres-gc.service is not a worker of this resolver"}},
		{`{"name":"www.example","unit":"what"}`, 404, []string{`there is no unit "what"`}},
		{`{"name":"www.example","type":"NONE"}`, 422, []string{"kresd@1.service refuses: unknown record type NONE"}},
		{`{"name":"www.example","type":"A')"}`, 400, []string{"is not a record type"}},
		{`{"name":"www.example","from":"here"}`, 400, []string{"/from: ", "is not an IP address"}},
		{`{"name":"www.example","from":"fe80::1%lo"}`, 400, []string{"is not an IP address"}},
		{`{"name":"a..b"}`, 400, []string{"/name: "}},
		{`{"name":""}`, 400, []string{"/name: "}},
		{`{}`, 400, []string{"/name: a domain name is missing"}},
		{`[]`, 400, []string{"an object is needed"}},
		{`{"nmae":"x"}`, 400, []string{`unknown key "nmae"; use name, type, from and unit`}},
	} {
		got := s.ask(t, "POST", "/v1/trace", c.body)
		for _, part := range c.parts {
			if got.StatusCode != c.status || !strings.Contains(got.body, part) {
				t.Errorf("%s: %d %s, want %d with %s", c.body, got.StatusCode, got.body, c.status, part)
			}
		}
	}
}
