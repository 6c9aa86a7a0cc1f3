// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Phase is where a rollout stands.
type Phase string

// Phases.
const (
	Preflight Phase = "preflight" // every host verifies, merges and plans; none changes
	Rolling   Phase = "rolling"   // hosts of a stage start, one after another
	Soaking   Phase = "soaking"   // a stage is done, and is watched
	Paused    Phase = "paused"    // none starts; those that have go on to their end
	Done      Phase = "done"      // all stages are done; hosts that were away catch up
	Reverting Phase = "reverting" // hosts go back
	Reverted  Phase = "reverted"  // all that could have gone back; those that were away follow
)

// Phases are all of them.
var Phases = []Phase{Preflight, Rolling, Soaking, Paused, Done, Reverting, Reverted}

// Ended reports whether another rollout may be started.
func (p Phase) Ended() bool { return p == Done || p == Reverted }

// back reports whether hosts are to go back.
func (p Phase) back() bool { return p == Reverting || p == Reverted }

// Record is a rollout as the store has it: the one value that every host watches.
type Record struct {
	Format int `json:"format"`
	// ID counts up from 1. Version counts the writes of a record, so that one that was
	// put back to an older state is noticed.
	ID      int   `json:"id"`
	Version int64 `json:"version"`
	// Release and Previous name releases by their SHA-256; Sequence is that of Release.
	Release  string `json:"release"`
	Sequence uint64 `json:"sequence"`
	Previous string `json:"previous,omitempty"`
	By       string `json:"by"`
	Why      string `json:"why,omitempty"`
	Policy   Policy `json:"policy"`
	Phase    Phase  `json:"phase"`
	// Stage counts from 0, the one with the canary host.
	Stage int `json:"stage"`
	// Threshold has the highest rank that is admitted, for each ring; while hosts go
	// back there is one for all of them. "" admits none.
	Threshold []Rank `json:"threshold"`
	// Basis is the revision of the store up to which whoever wrote the record knew the
	// hosts: 0 where a person did, whose thresholds admit all hosts.
	Basis int64 `json:"basis,omitempty"`
	// Reason says why the rollout is paused or went back.
	Reason string `json:"reason,omitempty"`
	// Resume is the phase that a paused rollout goes on with.
	Resume Phase `json:"resume,omitempty"`
}

// Format is the number of the form of records that this version writes and reads.
const Format = 1

// maxRecord is what a record may take, in bytes: every host reads each of its states.
const maxRecord = 16 << 10

// Parse reads a record. What is not exactly one is refused, so that no host acts on
// what it only understands in part.
func Parse(text []byte) (r Record, err error) {
	if len(text) > maxRecord {
		return r, fmt.Errorf("the record of the rollout has %d bytes, more than %d", len(text), maxRecord)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("cannot read the record of the rollout: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Record{}, errors.New("cannot read the record of the rollout: something follows it")
	}
	if err := r.check(); err != nil {
		return Record{}, fmt.Errorf("cannot use the record of the rollout: %w", err)
	}
	return r, nil
}

func (r Record) check() error {
	switch {
	case r.Format != Format:
		return fmt.Errorf("its format is %d, and this version knows %d; upgrade kres-fleet", r.Format, Format)
	case r.ID < 1 || r.Version < 1 || r.Sequence < 1:
		return errors.New("id, version and sequence count from 1")
	case !IsDigest(r.Release), r.Previous != "" && !IsDigest(r.Previous):
		return errors.New("a release is named by its SHA-256")
	case !slices.Contains(Phases, r.Phase):
		return fmt.Errorf("there is no phase %q", r.Phase)
	case (r.Phase == Paused) != (r.Resume != ""):
		return errors.New("resume is for a paused rollout, and needed there")
	case r.Resume == Paused || r.Resume.Ended() || r.Resume != "" && !slices.Contains(Phases, r.Resume):
		return fmt.Errorf("a rollout cannot be resumed as %q", r.Resume)
	}
	for _, t := range r.Threshold {
		if t != "" && !t.valid() {
			return fmt.Errorf("%q is not a rank", t)
		}
	}
	if err := r.Policy.Check(); err != nil {
		return err
	}
	if n := r.Policy.stages(); r.Stage < 0 || r.Stage >= n {
		return fmt.Errorf("stage is %d of %d", r.Stage, n)
	}
	return nil
}

// IsDigest reports whether a text is a SHA-256 as we write them.
func IsDigest(s string) bool {
	return len(s) == 64 && !slices.ContainsFunc([]byte(s), func(c byte) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'f') })
}

// Text is the record as the store has it.
func (r Record) Text() []byte {
	b, err := json.Marshal(r)
	if err != nil { // it has nothing that cannot be written
		panic(err)
	}
	return b
}

// Admits reports whether a host may start now, or go back where [Record.Back] is true:
// one whose readiness the store has got in a revision, 0 where a store has none.
func (r Record) Admits(rank Rank, tags Tags, ready int64) bool {
	if ready > r.Basis && r.Basis != 0 {
		return false
	}
	ring := 0
	switch {
	case r.Phase.back():
	case r.Phase == Rolling, r.Phase == Done:
		ring = r.Policy.Ring(tags)
	default:
		return false
	}
	return ring >= 0 && ring < len(r.Threshold) && rank <= r.Threshold[ring]
}

// Back reports whether hosts are to go back.
func (r Record) Back() bool { return r.Phase.back() }

// Jitter is for how long at most a host waits before it goes back.
func (r Record) Jitter() time.Duration { return r.Policy.Jitter.Duration() }
