// SPDX-License-Identifier: Apache-2.0

package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
	"kresd-manager/units"
)

var file = format.File{Format: 1, Advice: "the times of files decide which of them have to be read"}

// kept is the ledger as a file.
type kept struct {
	Runs map[string]run  `json:"runs"`
	Last map[string]last `json:"last"`
}

// last is a Seen in a file.
type last struct {
	ID    string        `json:"id"`
	Note  string        `json:"note,omitempty"`
	Until int64         `json:"until,omitempty"` // the end of a certificate, seconds since 1970
	Dev   uint64        `json:"dev"`
	Ino   uint64        `json:"ino"`
	Size  int64         `json:"size"`
	Mtime unix.Timespec `json:"mtime"`
	Ctime unix.Timespec `json:"ctime"`
	Exact bool          `json:"exact,omitempty"` // the same numbers mean the same content
}

// Text is the ledger as [Ledger.Read] reads it. It holds hashes of secrets, and
// is for no one else's eyes. What is about files that are named no more is left
// out.
func (l *Ledger) Text() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := kept{Runs: l.runs, Last: map[string]last{}}
	for _, in := range l.inputs {
		if s, ok := l.last[in.Path]; ok {
			k.Last[in.Path] = last{s.ID, s.Note, s.Expires, s.stat.dev, s.stat.ino, s.stat.size, s.stat.mtime, s.stat.ctime, s.trusted}
		}
	}
	b, err := file.Encode(k)
	if err != nil {
		panic(fmt.Sprintf("input: strings and numbers do not encode: %v", err))
	}
	return b
}

// Write puts what [Ledger.Text] returned into a file, unless it is in it.
func Write(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && slices.Equal(old, text) {
		return nil
	}
	return durable.Write(path, text, 0o600)
}

// Read fills the ledger from the first of some files that is there. Without any
// it knows nothing, which is no error.
func (l *Ledger) Read(paths ...string) error {
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var k kept
		if err == nil {
			err = file.Decode(b, &k)
		}
		if err != nil {
			return fmt.Errorf("cannot tell what was read of the files that the configuration names: cannot use %s: %w", path, err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.eye.mu.Lock()
		defer l.eye.mu.Unlock()
		if l.eye.looks == nil {
			l.eye.looks, l.eye.known = make(chan struct{}, maxLooks), map[string]Seen{}
		}
		for unit, r := range k.Runs {
			if r.Read != nil {
				l.runs[unit] = r
			}
		}
		for p, s := range k.Last {
			seen := Seen{Content: units.Content{ID: s.ID, Note: s.Note, Expires: s.Until}, stat: stat{s.Dev, s.Ino, s.Size, s.Mtime, s.Ctime}, trusted: s.Exact}
			l.last[p] = seen
			l.eye.known[p] = seen
		}
		return nil
	}
	return nil
}
