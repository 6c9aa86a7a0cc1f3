// SPDX-License-Identifier: Apache-2.0

// Package verbatim keeps the texts with which the whole configuration was changed, as their
// authors wrote them: the manager works with values, and comments are for people. A text is
// kept to be saved in the configuration file from which it was made, and for nothing else.
package verbatim

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
)

// Bounds of what is kept: so many texts, of so many bytes together.
const (
	// Most is how large one text may be, in bytes.
	Most     = 1 << 20
	mostOf   = 4
	mostAll  = 2 << 20
	mostFile = 8 * mostAll // of the file, in which a byte may be written as \u0000
)

var fileFormat = format.File{Format: 1, Advice: "remove the file; comments of changes that were not saved are lost"}

// Text is one of them.
type Text struct {
	// ETag names the configuration that it says, as config.Document.ETag does.
	ETag string `json:"etag"`
	// Base is the [Tag] of the file from which it was made.
	Base string `json:"base"`
	Text string `json:"text"`
}

// Tag names what a file holds, byte by byte: SHA-256 in hexadecimal.
func Tag(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// IsTag reports whether a text may be a [Tag].
func IsTag(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// Store keeps texts in a file that only this user can read, as they may have secrets. It is
// safe for concurrent use, and holds nothing in memory.
type Store struct {
	path string
	told func(error)

	mu     sync.Mutex
	memory []Text // where there is no file
}

// New returns the texts that a file has, which lasts from one manager to the next and is gone
// at the next boot, as the changes are; "" keeps them in memory. told is called with why they
// cannot be read or written: then comments are lost, and nothing else.
func New(path string, told func(error)) *Store { return &Store{path: path, told: told} }

// Keep keeps a text, the newest. undo puts what was kept before in its place.
func (s *Store) Keep(t Text) (undo func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.readLocked()
	next := append([]Text{t}, slices.DeleteFunc(slices.Clone(before), func(o Text) bool { return o.ETag == t.ETag })...)
	size := 0
	for i, o := range next {
		if size += len(o.Text); i == mostOf || size > mostAll {
			next = next[:i]
			break
		}
	}
	s.writeLocked(next)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		// Another one may have come meanwhile, which stays.
		now := slices.DeleteFunc(s.readLocked(), func(o Text) bool { return o == t })
		for _, o := range before {
			if !slices.ContainsFunc(now, func(have Text) bool { return have.ETag == o.ETag }) && len(now) < mostOf {
				now = append(now, o)
			}
		}
		s.writeLocked(now)
	}
}

// Find returns the text that says a configuration and was made from a file with this tag, ""
// if there is none.
func (s *Store) Find(etag, base string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.readLocked() {
		if t.ETag == etag && t.Base == base {
			return t.Text
		}
	}
	return ""
}

// kept is the file.
type kept struct {
	Texts []Text `json:"texts"` // newest first
}

func (s *Store) readLocked() []Text {
	if s.path == "" {
		return s.memory
	}
	b, err := durable.ReadRegular(s.path, mostFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var file kept
	if err == nil {
		err = fileFormat.Decode(b, &file)
	}
	if err != nil {
		s.told(fmt.Errorf("comments of changes that were not saved are lost: %s: %w", s.path, err))
		return nil
	}
	return file.Texts
}

func (s *Store) writeLocked(texts []Text) {
	if s.path == "" {
		s.memory = texts
		return
	}
	b, err := fileFormat.Encode(kept{texts})
	if err == nil {
		err = durable.Write(s.path, b, 0o600)
	}
	if err != nil {
		s.told(fmt.Errorf("comments of a change will not be saved: %w", err))
	}
}
