// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kresd-manager/internal/client"
	"kresd-manager/units"
)

// TestAnswersWithoutEnd: whoever answers, what is read has a bound.
func TestAnswersWithoutEnd(t *testing.T) {
	junk := bytes.Repeat([]byte("x"), 1<<20)
	endless := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			for {
				if _, err := w.Write(junk); err != nil {
					return
				}
			}
		}
	}
	ctx := context.Background()
	status := func(c *client.Client) error { _, err := c.Status(ctx); return err }
	get := func(c *client.Client) error { _, _, err := c.Get(ctx, ""); return err }
	put := func(c *client.Client) error {
		_, err := c.Put(ctx, "/workers", []byte("1"), "", client.ChangeOptions{})
		return err
	}
	events := func(c *client.Client) error { return c.Events(ctx, client.Reconnect{}, func(units.Event) {}) }
	logs := func(c *client.Client) error {
		return c.Logs(ctx, units.LogQuery{}, client.Reconnect{}, func(units.LogLine) {})
	}
	const after = "; the change may have been made or still go on, see kresctl status"
	for name, c := range map[string]struct {
		server http.HandlerFunc
		ask    func(*client.Client) error
		want   string
	}{
		"an answer":                    {endless(200), status, "cannot read the answer of SOCKET: it is longer than 32 MiB, and no answer of kresd-manager is; check what listens there"},
		"a configuration":              {endless(200), get, "cannot read the answer of SOCKET: it is longer than 128 MiB, and no answer of kresd-manager is; check what listens there"},
		"the report of a change":       {endless(200), put, "cannot read the answer of SOCKET: it is longer than 32 MiB, and no answer of kresd-manager is; check what listens there" + after},
		"an error":                     {endless(500), status, "cannot read the error of SOCKET: it is longer than 32 MiB, and no answer of kresd-manager is; check what listens there"},
		"an error in place of events":  {endless(403), events, "cannot read the error of SOCKET: it is longer than 32 MiB"},
		"an event":                     {endless(200), events, "cannot read the message of SOCKET: it is longer than 8 MiB"},
		"a message":                    {endless(200), logs, "cannot read the message of SOCKET: it is longer than 8 MiB"},
		"an answer that promises much": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99999999999") }, status, "cannot read the answer of SOCKET: it is longer than 32 MiB"},
		"a header": {func(w http.ResponseWriter, _ *http.Request) {
			for i := range 100 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1<<10))
			}
		}, status, "cannot read the header of SOCKET: it is longer than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			cl := serve(t, c.server)
			err := c.ask(cl)
			var long *client.TooLongError
			if !errors.As(err, &long) {
				t.Fatalf("the error is %v", err)
			}
			if want := strings.ReplaceAll(c.want, "SOCKET", long.Address); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("the error is\n%v, want\n%s", err, want)
			}
		})
	}
}
