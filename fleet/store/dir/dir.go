// SPDX-License-Identifier: Apache-2.0

// Package dir is a store in a folder that git, rsync or a package fills: files by the
// names of keys. It can only be read, and whoever fills it moves the threshold.
package dir

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kresd-manager/fleet/store"
	"kresd-manager/internal/durable"
)

// MaxFile is what a file may have, in bytes; a larger one is an error.
const MaxFile = 2 << 20

// Every is how often the folder is looked at, unless [Store.Every] says otherwise.
const Every = 5 * time.Second

// Store is a folder.
type Store struct {
	path  string
	Every time.Duration

	mu       sync.Mutex
	revision int64
	seen     map[string]version
}

type version struct {
	sum      uint64
	size     int
	revision int64
	created  int64
}

// Open returns the store in a folder, which may not be there yet.
func Open(path string) *Store {
	return &Store{path: path, Every: Every, seen: map[string]version{}, revision: 1}
}

// Close implements [store.Store].
func (s *Store) Close() error { return nil }

// ReadOnly implements [store.Store].
func (s *Store) ReadOnly() bool { return true }

// Commit implements [store.Store].
func (s *Store) Commit(context.Context, []store.Condition, []store.Change) (int64, bool, error) {
	return 0, false, store.ErrReadOnly
}

// Grant implements [store.Store].
func (s *Store) Grant(context.Context, time.Duration) (store.Lease, error) {
	return nil, store.ErrReadOnly
}

// Read implements [store.Store]. Revisions are those of this process: they count what it
// has seen change.
func (s *Store) Read(ctx context.Context, key string) (store.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return store.Snapshot{}, err
	}
	if strings.Contains(key, "..") || strings.HasPrefix(key, "/") {
		return store.Snapshot{}, fmt.Errorf("there is no key %q", key)
	}
	names := []string{key}
	if key == "" || strings.HasSuffix(key, "/") {
		entries, err := os.ReadDir(filepath.Join(s.path, key))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return store.Snapshot{}, fmt.Errorf("cannot read the store: %w", err)
		}
		names = nil
		for _, e := range entries {
			// What begins with a dot is on its way: rsync and git write so.
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				names = append(names, key+e.Name())
			}
		}
	}
	found := make(map[string][]byte)
	for _, name := range names {
		data, err := durable.Read(filepath.Join(s.path, name), MaxFile)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return store.Snapshot{}, fmt.Errorf("cannot read the store: %w", err)
		default:
			found[name] = data
		}
	}
	return s.note(key, found), nil
}

// note gives what was found its revisions.
func (s *Store) note(key string, found map[string][]byte) store.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.revision + 1
	for name, data := range found {
		h := fnv.New64a()
		_, _ = h.Write(data) // it does not fail
		v := version{h.Sum64(), len(data), next, next}
		old, known := s.seen[name]
		if known && old.sum == v.sum && old.size == v.size {
			continue
		}
		if known {
			v.created = old.created
		}
		s.seen[name], s.revision = v, next
	}
	for name := range s.seen {
		if _, there := found[name]; !there && store.Under(name, key) && strings.Count(name, "/") == strings.Count(key, "/") {
			delete(s.seen, name)
			s.revision = next
		}
	}
	snap := store.Snapshot{Revision: s.revision}
	for name, data := range found {
		snap.Values = append(snap.Values, store.Value{Key: name, Data: data, Revision: s.seen[name].revision, Created: s.seen[name].created})
	}
	slices.SortFunc(snap.Values, func(a, b store.Value) int { return strings.Compare(a.Key, b.Key) })
	return snap
}

// Watch implements [store.Store].
func (s *Store) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	read := func(ctx context.Context) (store.Snapshot, error) {
		select {
		case <-time.After(s.Every):
		case <-ctx.Done():
		}
		return s.Read(ctx, key)
	}
	first, err := s.Read(ctx, key)
	return store.Follow(ctx, first, err, after, read)
}
