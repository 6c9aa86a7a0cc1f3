// SPDX-License-Identifier: Apache-2.0

// Package web is a store over HTTPS, and the server of one: a table on one host for a
// few others, kept in a file there.
package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"kresd-manager/fleet/store"
)

// Bounds of requests and answers, in bytes and time.
const (
	maxBody        = 4 << 20
	maxAnswer      = 64 << 20
	requestTimeout = 10 * time.Second
	waitOnce       = 30 * time.Second
)

// Store is a client.
type Store struct {
	base  string
	token string
	http  *http.Client
}

// Open returns a store at a URL, of https or, on this host only, of http.
func Open(base, token string, conf *tls.Config) (*Store, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%q is not a URL as https://HOST:PORT", base)
	}
	if ip := u.Hostname(); u.Scheme == "http" && ip != "127.0.0.1" && ip != "::1" && ip != "localhost" {
		return nil, fmt.Errorf("%s would send the token in the clear; use https", base)
	}
	return &Store{base: strings.TrimSuffix(base, "/") + "/fleet/1", token: token, http: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: conf, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.http.CloseIdleConnections()
	return nil
}

// ReadOnly implements [store.Store].
func (s *Store) ReadOnly() bool { return false }

var errUnchanged = errors.New("unchanged")

func (s *Store) ask(ctx context.Context, method, path, etag string, body, answer any, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("cannot make a request: %w", err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("cannot make a request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return fmt.Errorf("cannot ask the store: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to read
	if resp.StatusCode == http.StatusNotModified {
		return errUnchanged
	}
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("cannot read the answer of the store: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		reason := string(bytes.TrimSpace(got))
		return fmt.Errorf("the store at %s refuses: %s", s.base, cmp.Or(reason[:min(len(reason), 300)], resp.Status))
	}
	if err := json.Unmarshal(got, answer); err != nil {
		return fmt.Errorf("what answers at %s is no store of kres-fleet serve", s.base)
	}
	return nil
}

// Read implements [store.Store].
func (s *Store) Read(ctx context.Context, key string) (snap store.Snapshot, err error) {
	err = s.ask(ctx, http.MethodGet, "/keys?under="+url.QueryEscape(key), "", nil, &snap, requestTimeout)
	return snap, err
}

// Watch implements [store.Store]: requests that wait for another revision.
func (s *Store) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	first, err := s.Read(ctx, key)
	last := first
	return store.Follow(ctx, first, err, after, func(ctx context.Context) (store.Snapshot, error) {
		var now store.Snapshot
		path := "/keys?wait=" + waitOnce.String() + "&under=" + url.QueryEscape(key)
		err := s.ask(ctx, http.MethodGet, path, `"`+strconv.FormatInt(last.Revision, 10)+`"`, nil, &now, waitOnce+requestTimeout)
		if errors.Is(err, errUnchanged) {
			return last, nil
		}
		if err == nil && now.Revision < last.Revision {
			err = errors.New("the store has gone back")
		}
		last = now
		return now, err
	})
}

// commit is the body of a transaction, and committed its answer.
type commit struct {
	Conditions []store.Condition `json:"conditions"`
	Changes    []store.Change    `json:"changes"`
}

type committed struct {
	Revision int64 `json:"revision"`
	Held     bool  `json:"held"`
}

// Commit implements [store.Store].
func (s *Store) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (int64, bool, error) {
	var done committed
	err := s.ask(ctx, http.MethodPost, "/commit", "", commit{conditions, changes}, &done, requestTimeout)
	return done.Revision, done.Held, err
}

// granted is the answer of who asks for a lease.
type granted struct {
	ID  int64         `json:"id"`
	TTL time.Duration `json:"ttl"`
}

type lease struct {
	s    *Store
	id   int64
	gone chan struct{}
	end  func()
}

func (l *lease) ID() int64             { return l.id }
func (l *lease) Gone() <-chan struct{} { return l.gone }

func (l *lease) Abandon() { l.end() }

func (l *lease) Release(ctx context.Context) {
	l.end()
	_ = l.s.ask(ctx, http.MethodDelete, "/lease/"+strconv.FormatInt(l.id, 10), "", nil, &struct{}{}, requestTimeout) // else it runs out
}

// Grant implements [store.Store].
func (s *Store) Grant(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	var g granted
	asked := time.Now()
	if err := s.ask(ctx, http.MethodPost, "/lease", "", granted{TTL: ttl}, &g, requestTimeout); err != nil {
		return nil, err
	}
	keeping, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &lease{s: s, id: g.ID, gone: make(chan struct{}), end: sync.OnceFunc(cancel)}
	go l.keep(keeping, ttl, asked)
	return l, nil
}

// keep keeps a lease alive until it is lost: since its last proof, its time is over.
func (l *lease) keep(ctx context.Context, ttl time.Duration, proved time.Time) {
	defer close(l.gone)
	for {
		select {
		case <-time.After(ttl / 3):
		case <-ctx.Done():
			return
		}
		asked := time.Now()
		var g granted
		err := l.s.ask(ctx, http.MethodPost, "/lease/"+strconv.FormatInt(l.id, 10), "", nil, &g, max(ttl/3, time.Second))
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && g.ID == l.id:
			proved = asked
		case err == nil, time.Since(proved) >= ttl-ttl/3:
			return
		}
	}
}
