// SPDX-License-Identifier: Apache-2.0

// Package etcd is a store in etcd, version 3 of its interface.
package etcd

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"kresd-manager/fleet/store"
)

// Config is where a fleet has its keys.
type Config struct {
	Endpoints []string
	Fleet     string // its name, a part of the keys
	TLS       *tls.Config
	// User and Password are for etcd's own users; "" where a certificate says who it is,
	// or no one asks.
	User, Password string
}

// maxAnswer is how large an answer may be, in bytes: one thousand hosts tell a quarter of it
// at most. The client library takes 2 GiB, which a store that someone has taken over could
// have each resolver keep.
const maxAnswer = 64 << 20

// requestTimeout is for one request: etcd without a leader does not answer.
const requestTimeout = 5 * time.Second

// Store is one in etcd.
type Store struct {
	c      *clientv3.Client
	prefix string
}

// Open returns a store. It connects when it is needed, and again.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	c, err := clientv3.New(clientv3.Config{
		Context:              context.WithoutCancel(ctx),
		Endpoints:            cfg.Endpoints,
		TLS:                  cfg.TLS,
		Username:             cfg.User,
		Password:             cfg.Password,
		DialTimeout:          requestTimeout,
		DialKeepAliveTime:    30 * time.Second,
		DialKeepAliveTimeout: 10 * time.Second,
		MaxUnaryRetries:      1, // the caller has a pace of its own
		MaxCallRecvMsgSize:   maxAnswer,
		Logger:               zap.NewNop(),
		DialOptions: []grpc.DialOption{
			// A lease must not run out because a connection is tried too seldom.
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff: backoff.Config{BaseDelay: 500 * time.Millisecond, Multiplier: 1.6, Jitter: 0.3, MaxDelay: 5 * time.Second}, MinConnectTimeout: requestTimeout,
			}),
			grpc.WithInitialWindowSize(64 << 10), grpc.WithReadBufferSize(4 << 10), grpc.WithWriteBufferSize(4 << 10),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot use etcd at %v: %w", cfg.Endpoints, err)
	}
	return &Store{c: c, prefix: "/kres/1/" + cfg.Fleet + "/"}, nil
}

// Close implements [store.Store].
func (s *Store) Close() error { return s.c.Close() }

// ReadOnly implements [store.Store].
func (s *Store) ReadOnly() bool { return false }

func (s *Store) value(kv *mvccpb.KeyValue) store.Value {
	return store.Value{Key: string(kv.Key)[len(s.prefix):], Data: kv.Value, Revision: kv.ModRevision, Created: kv.CreateRevision}
}

func options(key string) (o []clientv3.OpOption) {
	if key == "" || key[len(key)-1] == '/' {
		o = append(o, clientv3.WithPrefix())
	}
	return o
}

// Read implements [store.Store]: linearizable, as etcd's reads are unless asked otherwise.
func (s *Store) Read(ctx context.Context, key string) (store.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	got, err := s.c.Get(ctx, s.prefix+key, options(key)...)
	if err != nil {
		return store.Snapshot{}, s.explain(err)
	}
	snap := store.Snapshot{Revision: got.Header.Revision}
	for _, kv := range got.Kvs {
		snap.Values = append(snap.Values, s.value(kv))
	}
	return snap, nil
}

// Watch implements [store.Store].
func (s *Store) Watch(ctx context.Context, key string, after int64) <-chan store.Event {
	out := make(chan store.Event)
	// A member of the cluster that has lost its leader would be silent for ever.
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	watched := s.c.Watch(ctx, s.prefix+key, append(options(key), clientv3.WithRev(after+1))...)
	go func() {
		defer close(out)
		defer cancel()
		for answer := range watched {
			if answer.Err() != nil { // compacted, without a leader, or not permitted
				return
			}
			for _, e := range answer.Events {
				event := store.Event{Value: s.value(e.Kv), Deleted: e.Type == clientv3.EventTypeDelete}
				select {
				case out <- event:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}

// Commit implements [store.Store].
func (s *Store) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (int64, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var cmps []clientv3.Cmp
	for _, c := range conditions {
		if c.Created != 0 {
			cmps = append(cmps, clientv3.Compare(clientv3.CreateRevision(s.prefix+c.Key), "=", c.Created))
			continue
		}
		cmps = append(cmps, clientv3.Compare(clientv3.ModRevision(s.prefix+c.Key), "=", c.Revision))
	}
	var ops []clientv3.Op
	for _, c := range changes {
		if c.Delete {
			ops = append(ops, clientv3.OpDelete(s.prefix+c.Key))
			continue
		}
		ops = append(ops, clientv3.OpPut(s.prefix+c.Key, string(c.Data), clientv3.WithLease(clientv3.LeaseID(c.Lease))))
	}
	got, err := s.c.Txn(ctx).If(cmps...).Then(ops...).Commit()
	if err != nil {
		return 0, false, s.explain(err)
	}
	return got.Header.Revision, got.Succeeded, nil
}

type lease struct {
	s      *Store
	id     clientv3.LeaseID
	gone   chan struct{}
	cancel context.CancelFunc
}

func (l *lease) ID() int64             { return int64(l.id) }
func (l *lease) Gone() <-chan struct{} { return l.gone }

func (l *lease) Abandon() { l.cancel() }

func (l *lease) Release(ctx context.Context) {
	l.cancel()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, _ = l.s.c.Revoke(ctx, l.id) // else it runs out
}

// Grant implements [store.Store].
func (s *Store) Grant(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	asking, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	granted, err := s.c.Grant(asking, int64(math.Ceil(ttl.Seconds())))
	if err != nil {
		return nil, s.explain(err)
	}
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	answers, err := s.c.KeepAlive(keeping, granted.ID)
	if err != nil {
		stop()
		return nil, s.explain(err)
	}
	l := &lease{s: s, id: granted.ID, gone: make(chan struct{}), cancel: stop}
	go func() {
		defer stop()
		defer close(l.gone)
		for range answers { // it ends when the time has run out without one
		}
	}()
	return l, nil
}
