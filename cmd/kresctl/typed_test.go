// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"kresd-manager/internal/verbatim"
)

func typed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: typed TEXT FILE, after serve")
	}
	asks := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", ts.Getenv("SOCK"))
	}}}
	r, err := http.NewRequest(http.MethodPut, "http://localhost/v1/config?keep-text="+verbatim.Tag([]byte(ts.ReadFile(args[1]))), strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/yaml")
	answer, err := asks.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	if said, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		ts.Fatalf("%s %s %v", answer.Status, said, err)
	}
}
