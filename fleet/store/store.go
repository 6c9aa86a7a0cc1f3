// SPDX-License-Identifier: Apache-2.0

// Package store is what a fleet shares: keys with values, in revisions, with
// transactions and leases as etcd has them. What is in it and what it means is left to
// packages rollout and release. A store only offers: where it is away, broken or empty,
// hosts keep what they have.
package store

import (
	"context"
	"errors"
	"time"
)

// Keys, below the prefix of a fleet.
const (
	Rollout  = "rollout"   // the one key that every host watches
	Leader   = "leader"    // who decides, as long as its lease lasts
	Hosts    = "hosts/"    // what each host tells of itself
	Alive    = "alive/"    // that it is there: as long as its lease lasts
	Holds    = "holds/"    // hosts that an operator wants unchanged
	Rolls    = "rolls/"    // hosts that run a command in the budget of rollouts, as long as a lease lasts
	Releases = "releases/" // signed manifests
	Blobs    = "blobs/"    // what they name
	History  = "history/"  // records of rollouts that have ended
)

// ErrReadOnly is what a store says that people fill, and no program.
var ErrReadOnly = errors.New("this store can only be read: who fills it changes it")

// Value is what a key has.
type Value struct {
	Key  string `json:"key"`
	Data []byte `json:"data"`
	// Revision is when it was written last, and Created when the key came up: another one
	// for each holder of a lock.
	Revision int64 `json:"revision"`
	Created  int64 `json:"created"`
}

// Snapshot is values of one moment, by key.
type Snapshot struct {
	Revision int64   `json:"revision"`
	Values   []Value `json:"values"`
}

// Get returns the value of a key.
func (s Snapshot) Get(key string) (v Value, ok bool) {
	for _, v := range s.Values {
		if v.Key == key {
			return v, true
		}
	}
	return v, false
}

// Event is a key that was written, or is gone.
type Event struct {
	Value
	Deleted bool `json:"deleted,omitempty"`
}

// Condition must hold for a transaction: that a key was written last in a revision, 0 is
// that it is not there; or that it came up in one.
type Condition struct {
	Key      string `json:"key"`
	Revision int64  `json:"revision"`
	Created  int64  `json:"created,omitempty"` // if not 0, in place of Revision
}

// Change is a key to write or to delete.
type Change struct {
	Key    string `json:"key"`
	Data   []byte `json:"data,omitempty"`
	Delete bool   `json:"delete,omitempty"`
	Lease  int64  `json:"lease,omitempty"` // with which it goes, 0 is none
}

// Lease is held until its holder is gone for longer than its time.
type Lease interface {
	ID() int64
	// Gone is closed when the lease is known or believed to be lost. A store may have given
	// its keys to others a moment before, so that what must not come late has conditions.
	Gone() <-chan struct{}
	// Release gives it up with its keys. Abandon only keeps it alive no longer, so that a
	// process that comes soon can take the keys over.
	Release(ctx context.Context)
	Abandon()
}

// Store is one. All methods are safe for concurrent use, and fail when the store cannot be
// asked.
type Store interface {
	// Read returns a key, or all keys below a prefix, which ends in a slash, as they are
	// now and not as some part of the store had them.
	Read(ctx context.Context, key string) (Snapshot, error)
	// Watch tells of what is written there after a revision, in order, until the context
	// ends. The channel is closed when something may have been missed: read again.
	Watch(ctx context.Context, key string, after int64) <-chan Event
	// Commit carries changes out if all conditions hold, and otherwise none of them.
	Commit(ctx context.Context, conditions []Condition, changes []Change) (revision int64, held bool, err error)
	// Grant gives a lease, and keeps it alive.
	Grant(ctx context.Context, ttl time.Duration) (Lease, error)
	// ReadOnly is that Commit and Grant always fail with [ErrReadOnly].
	ReadOnly() bool
	Close() error
}

// Under reports whether a key is the one that is meant, or below it.
func Under(key, meant string) bool {
	if meant == "" || meant[len(meant)-1] == '/' {
		return len(key) > len(meant) && key[:len(meant)] == meant
	}
	return key == meant
}
