// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"
	"time"
)

func TestPrefer(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  preference
	}{
		{nil, preference{}},
		{[]string{"respond-async"}, preference{async: true}},
		{[]string{"Respond-Async, wait=5"}, preference{true, 5 * time.Second}},
		{[]string{"wait = \"5\" ; x=y", "respond-async;a"}, preference{true, 5 * time.Second}},
		{[]string{"wait=5, wait=7"}, preference{wait: 5 * time.Second}},
		{[]string{"wait=-1"}, preference{}},
		{[]string{"wait=soon, respond-async"}, preference{async: true}},
		{[]string{"wait=999999"}, preference{wait: maxWait}},
		{[]string{`x="a, respond-async, \", wait=3"`}, preference{}},
		{[]string{`x="a`, "respond-async"}, preference{}}, // a quoted string without an end
		{[]string{"return=minimal,,"}, preference{}},
	} {
		if got := prefers(&http.Request{Header: http.Header{"Prefer": tt.lines}}); got != tt.want {
			t.Errorf("%q: %+v, want %+v", tt.lines, got, tt.want)
		}
	}
}
