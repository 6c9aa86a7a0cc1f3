// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
	"kresd-manager/internal/token"
)

// fileFormat is that of the file with the sessions.
var fileFormat = format.File{Format: 1, Advice: "remove the file; who was logged in to the pages logs in again"}

// most is how large the file may be, in bytes.
const most = 1 << 20

// kept is the file: hashes, from which no cookie and no token can be made.
type kept struct {
	Sessions []keptSession `json:"sessions"`
}

type keptSession struct {
	ID    string    `json:"id"`              // SHA-256 of the cookie, in hexadecimal
	Token string    `json:"token,omitempty"` // as token.Digest writes it
	UID   *uint32   `json:"uid,omitempty"`
	GIDs  []uint32  `json:"gids,omitempty"`
	Began time.Time `json:"began,omitzero"` // as Used where it is not known
	Used  time.Time `json:"used"`
}

// load reads the sessions of an earlier manager.
func (s *Store) load() {
	b, err := durable.ReadRegular(s.path, most)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var file kept
	if err == nil {
		err = fileFormat.Decode(b, &file)
	}
	if err != nil {
		s.told(fmt.Errorf("who was logged in to the pages must log in again: %s: %w", s.path, err))
		return
	}
	for _, k := range file.Sessions {
		raw, err := hex.DecodeString(k.ID)
		if err != nil || len(raw) != len(id{}) {
			continue
		}
		if k.Began.IsZero() {
			k.Began = k.Used
		}
		o := &session{holder: Holder{UID: k.UID, GIDs: k.GIDs}, began: k.Began, used: k.Used, saved: k.Used}
		if k.Token != "" {
			d, err := token.Parse(k.Token)
			if err != nil {
				continue
			}
			o.holder = Holder{Token: &d}
		}
		if o.holder.name() != "" && len(s.sessions) < maxAll {
			s.sessions[id(raw)] = o
		}
	}
	s.dropLocked() // no one else knows the store yet
}

// saveLocked writes all of them down. Where that fails they last as long as this manager.
func (s *Store) saveLocked() {
	if s.path == "" {
		return
	}
	file := kept{Sessions: []keptSession{}}
	for _, at := range s.sortedLocked() {
		o := s.sessions[at]
		k := keptSession{ID: hex.EncodeToString(at[:]), UID: o.holder.UID, GIDs: o.holder.GIDs, Began: o.began, Used: o.used}
		if o.holder.Token != nil {
			k.Token = o.holder.Token.String()
		}
		file.Sessions = append(file.Sessions, k)
		o.saved = o.used
	}
	text, err := fileFormat.Encode(file)
	if err == nil {
		err = durable.Write(s.path, text, 0o600)
	}
	if err != nil {
		s.told(fmt.Errorf("who is logged in to the pages must log in again after a restart of the manager: %w", err))
	}
}
