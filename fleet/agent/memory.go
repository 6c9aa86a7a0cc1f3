// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
)

// step is how far a change has come. It is written down before each next one, so that
// whoever dies in between knows what may have happened.
type step string

const (
	none       step = ""
	applying   step = "applying"   // the manager may or may not have the release
	soaking    step = "soaking"    // it has, and will go back unless that is confirmed
	confirming step = "confirming" // it may or may not be confirmed
	writing    step = "writing"    // it is confirmed, and the file may be the old one
	goingBack  step = "going back" // the manager may or may not have the former release
)

// kept is a release that this host keeps, or has come from: what it has brought here.
type kept struct {
	Release  string          `json:"release"`
	Sequence uint64          `json:"sequence"`
	Config   json.RawMessage `json:"config"`
}

func (k *kept) document() (*config.Document, error) {
	if k == nil {
		return nil, nil
	}
	return config.ParseAs("release "+release.Short(k.Release), k.Config, text.JSON)
}

func (k *kept) name() string {
	if k == nil {
		return ""
	}
	return k.Release
}

// memory is what an agent knows over restarts.
type memory struct {
	// Instance is what this host calls itself to the store: the next process is the same
	// one, and a second host of the same name is not.
	Instance string `json:"instance"`
	// Highest is the highest sequence that was in force here.
	Highest  uint64 `json:"highest"`
	Current  *kept  `json:"current"`
	Previous *kept  `json:"previous"`
	// Rollout and Version are those of the newest record that was seen.
	Rollout int   `json:"rollout"`
	Version int64 `json:"version"`
	// The rest is about that rollout.
	State    rollout.State `json:"state"`
	Reason   string        `json:"reason,omitempty"`
	On       bool          `json:"on,omitempty"`
	Tried    bool          `json:"tried,omitempty"`
	Attempts int           `json:"attempts,omitempty"`
	Plan     string        `json:"plan,omitempty"`
	Since    string        `json:"since,omitempty"`
	Step     step          `json:"step,omitempty"`
	Target   *kept         `json:"target,omitempty"`
	// Record is the one that let this host start: who goes on may not reach the store.
	Record *rollout.Record `json:"record,omitempty"`
}

const (
	memoryFile = "state.json"
	maxMemory  = 32 << 20
)

var memoryFormat = format.File{Format: 1, Program: "kres-fleet", Advice: "upgrade kres-fleet"}

func recall(dir string) (m memory, err error) {
	m = memory{State: rollout.Idle, Instance: rand.Text()}
	path := filepath.Join(dir, memoryFile)
	b, err := durable.Read(path, maxMemory)
	if errors.Is(err, fs.ErrNotExist) {
		_, err := m.save(dir, nil)
		return m, err
	}
	if err != nil {
		return m, fmt.Errorf("cannot read what this host knows of releases: %w", err)
	}
	err = memoryFormat.Decode(b, &m)
	var newer *format.NewerError
	switch {
	case errors.As(err, &newer):
		return m, fmt.Errorf("cannot use %s: %w", path, err)
	case err != nil:
		return m, fmt.Errorf("cannot read %s, which is not as kres-fleet writes it; remove it to begin anew, as a host that has had no release", path)
	}
	return m, nil
}

// save writes it down and returns how, unless that is known to be there.
func (m *memory) save(dir string, there []byte) ([]byte, error) {
	b, err := memoryFormat.Encode(m)
	if err == nil && !bytes.Equal(b, there) {
		err = durable.Write(filepath.Join(dir, memoryFile), b, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write down what this host does: %w", err)
	}
	return b, nil
}

// held is what the host knows of releases.
func (m *memory) held() release.Held {
	return release.Held{Current: m.Current.name(), Previous: m.Previous.name(), Highest: m.Highest}
}
