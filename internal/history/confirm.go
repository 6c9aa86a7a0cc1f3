// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
	"kresd-manager/units"
)

const confirmFile = "confirm.json"

// Pending is the promise to go back to a configuration unless somebody confirms
// the change that left it. It is on disk before the change begins.
type Pending struct {
	// Began and By bound the time to confirm, by the clock on the wall: it goes
	// on while the manager or the machine is down.
	Began time.Time `json:"began"`
	By    time.Time `json:"by"`
	// Entry is the change, ReturnTo the one before; 0 is not known.
	Entry    int `json:"entry"`
	ReturnTo int `json:"return-to"`
	// FileETag names what the configuration file holds if the change came from
	// it, so that a start does not take the file for what was wanted. It is ""
	// for a change over the API.
	FileETag string `json:"file-etag,omitempty"`
	// Undone tells that the change has been undone while the file still has it.
	Undone bool `json:"undone,omitempty"`
	// ETag is that of the configuration to go back to.
	ETag string `json:"etag"`
	// Text is that configuration: the entry may be gone when it is needed.
	Text json.RawMessage `json:"document"`
}

// Left is how long there is to confirm at a time; it is never longer than it
// was in the beginning, whatever happened to the clock.
func (p *Pending) Left(now time.Time) time.Duration {
	return min(p.By.Sub(now), p.By.Sub(p.Began))
}

// Document is the configuration to go back to.
func (p *Pending) Document() (*config.Document, error) {
	doc, err := config.Parse("the configuration before the change", p.Text)
	if err == nil && doc.ETag() != p.ETag {
		err = errors.New("the record of what ran before is damaged")
	}
	return doc, err
}

// Waiting is p as the API tells it, nil if nobody has to confirm anything.
func (p *Pending) Waiting() *units.Waiting {
	if p == nil || p.Undone {
		return nil
	}
	return &units.Waiting{By: p.By, Entry: p.Entry, ReturnTo: p.ReturnTo}
}

// Promise writes p down, in place of what was promised before.
func (s *Store) Promise(p *Pending) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	return durable.Write(filepath.Join(s.dir, confirmFile), b, private)
}

// Promised is what was promised last and is still open, nil if nothing is.
func (s *Store) Promised() (*Pending, error) {
	b, err := readRegular(filepath.Join(s.dir, confirmFile), 512<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot tell whether a change waits to be confirmed: %w", err)
	}
	p := new(Pending)
	if err = json.Unmarshal(b, p); err == nil {
		_, err = p.Document()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot tell which configuration to go back to: %w", err)
	}
	return p, nil
}

// Release ends the promise.
func (s *Store) Release() error {
	return durable.Remove(filepath.Join(s.dir, confirmFile))
}
