// SPDX-License-Identifier: Apache-2.0

package promise

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
	"kresd-manager/internal/format"
	"kresd-manager/units"
)

// Pending is what is promised: to go back to a configuration unless someone
// confirms the change that left it.
type Pending struct {
	// Began and By bound the time to confirm, by the clock on the wall: it goes
	// on while the manager or the machine is down.
	Began time.Time `json:"began"`
	By    time.Time `json:"by"`
	// Boot and Due bound it by a clock that no one sets: the time since the boot
	// with this ID, suspends included (CLOCK_BOOTTIME in clock_gettime(2)).
	Boot string        `json:"boot,omitempty"`
	Due  time.Duration `json:"due,omitempty"`
	// Entry is the change, ReturnTo the one before; 0 is not known.
	Entry    int `json:"entry"`
	ReturnTo int `json:"return-to"`
	// FileETag names what the configuration file holds if the change came from
	// it, so that a start does not take the file for what was wanted. It is ""
	// for a change over the API.
	FileETag string `json:"file-etag,omitempty"`
	// Undone means that the change has been undone while the file still has it.
	Undone bool `json:"undone,omitempty"`
	// ETag is that of the configuration to go back to.
	ETag string `json:"etag"`
	// Text is that configuration: the entry may be gone when it is needed.
	Text json.RawMessage `json:"document"`
}

// begin sets the time to confirm.
func (p *Pending) begin(c Clock, within time.Duration) {
	p.Began = c.Wall()
	p.By = p.Began.Add(within)
	boot, since := c.Boot()
	p.Boot, p.Due = boot, since+within
}

// left is how long there is to confirm; it is never longer than it was in the
// beginning, whatever happens to the clock on the wall.
func (p *Pending) left(c Clock) time.Duration {
	left := min(p.By.Sub(c.Wall()), p.By.Sub(p.Began))
	if boot, since := c.Boot(); boot != "" && boot == p.Boot {
		left = min(left, p.Due-since)
	}
	return left
}

// Document is the configuration to go back to.
func (p *Pending) Document() (*config.Document, error) {
	doc, err := config.Parse("the configuration before the change", p.Text)
	if err == nil && doc.ETag() != p.ETag {
		err = errors.New("the record of what ran before is damaged")
	}
	return doc, err
}

// Waiting is p as the API tells it, nil if no one has to confirm anything.
func (p *Pending) Waiting() *units.Waiting {
	if p == nil || p.Undone {
		return nil
	}
	return &units.Waiting{By: p.By, Entry: p.Entry, ReturnTo: p.ReturnTo}
}

var confirmFormat = format.File{Format: 1, Advice: "install that version again, or remove the file if the changes may stay that wait to be confirmed"}

// most is how large a promise may be, in bytes: it holds a configuration.
const most = 512 << 20

// write writes p down, in place of what was promised before; nil is nothing. It is
// on disk when write returns nil. What a newer version promised stays, and the error is
// a *[format.NewerError].
func write(path string, p *Pending) error {
	if err := newer(path); err != nil {
		return err
	}
	if p == nil {
		return durable.Remove(path)
	}
	b, err := confirmFormat.Encode(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return durable.Write(path, b, 0o600)
}

// read is what was promised last and is still open, nil if nothing is.
func read(path string) (*Pending, error) {
	b, err := durable.ReadRegular(path, most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot tell whether a change waits to be confirmed: %w", err)
	}
	p := new(Pending)
	if err = confirmFormat.Decode(b, p); err == nil {
		_, err = p.Document()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot tell which configuration to go back to: %w", err)
	}
	return p, nil
}

// newer is the error of a promise that a newer version made, nil if there is none.
func newer(path string) error {
	b, err := durable.ReadRegular(path, most)
	if err != nil {
		return nil // no one can know, and Recall does
	}
	var fault *format.NewerError
	if err := confirmFormat.Decode(b, &struct{}{}); errors.As(err, &fault) {
		return fmt.Errorf("%s: %w", path, fault)
	}
	return nil
}
