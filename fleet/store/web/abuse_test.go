// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/fleet/store/table"
	"kresd-manager/fleet/store/web"
)

// text is a log that several write.
type text struct {
	mu sync.Mutex
	bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Buffer.Write(p)
}

func (t *text) count(word string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Count(t.String(), word)
}

// bare serves a store without TLS, with a log.
func bare(t *testing.T) (ask func(ctx context.Context, token, path, seen string) (status int, tag string), log *text) {
	t.Helper()
	tokens, err := web.ParseTokens([]byte(tokenFile))
	if err != nil {
		t.Fatal(err)
	}
	log = &text{}
	server := httptest.NewServer(web.NewServer(table.New(), func() ([]web.Token, error) { return tokens, nil }, slog.New(slog.NewTextHandler(log, nil))))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return func(ctx context.Context, token, path, seen string) (int, string) {
		r, err := http.NewRequestWithContext(ctx, "GET", server.URL+path, nil)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("If-None-Match", seen)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "" // it was given up
		}
		_ = resp.Body.Close()
		return resp.StatusCode, resp.Header.Get("Etag")
	}, log
}

// A host that someone has taken over keeps no other one from its news.
func TestNoOneTakesAllPlacesOfThoseWhoWait(t *testing.T) {
	ask, _ := bare(t)
	_, tag := ask(t.Context(), hostToken, "/fleet/1/keys?under=rollout", "")
	ctx, giveUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() { ask(ctx, hostToken, "/fleet/1/keys?under=rollout&wait=1m", tag) })
	}
	defer all.Wait()
	defer giveUp()
	for {
		status, _ := ask(t.Context(), hostToken, "/fleet/1/keys?under=rollout&wait=1ms", tag)
		if status == http.StatusServiceUnavailable {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for range 100 { // while the others of the 300 come
		if status, _ := ask(t.Context(), leadToken, "/fleet/1/keys?under=rollout&wait=1ms", tag); status != http.StatusNotModified {
			t.Fatalf("another one: %d", status)
		}
		time.Sleep(time.Millisecond)
	}
}

// Who has no token fills no log.
func TestRefusalsAreBoundedInTheLog(t *testing.T) {
	ask, log := bare(t)
	for range 200 {
		if status, _ := ask(t.Context(), "x", "/fleet/1/keys", ""); status != http.StatusUnauthorized {
			t.Fatal(status)
		}
	}
	if n := log.count("msg=refused"); n == 0 || n > 60 {
		t.Errorf("%d lines", n)
	}
}
