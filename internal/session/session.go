// SPDX-License-Identifier: Apache-2.0

// Package session knows who has logged in to the pages: who sent a token once, and has a
// cookie since. It says who that is; what they may do is asked at each request of what
// is configured then.
package session

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"time"

	"kresd-manager/internal/token"
)

const (
	// Idle is how long a session lasts without a request.
	Idle = 12 * time.Hour
	// Longest is how long it lasts at most: a page that is left open asks without end, and a
	// cookie that someone has copied would be good for ever.
	Longest = 7 * 24 * time.Hour
	// LinkTime is how long a link can be followed.
	LinkTime = 2 * time.Minute

	maxEach  = 16  // sessions of one holder; one more ends the one that was unused longest
	maxAll   = 512 // of all
	maxLinks = 64  // that wait to be followed
	eachLink = 4   // of one holder; one more ends the oldest

	// unsaved is how far the times of the last requests may run ahead of the file.
	unsaved = 10 * time.Minute

	// clockSkew is how far a clock may be set back before sessions count as of no known time.
	clockSkew = time.Hour
)

// Holder is who has a session: who sent a token, or a user of this machine who followed
// a link. It is one or the other.
type Holder struct {
	Token *token.Digest // of the token
	UID   *uint32
	GIDs  []uint32
}

// name tells holders apart.
func (h Holder) name() string {
	if h.Token != nil {
		return h.Token.String()
	}
	if h.UID != nil {
		return fmt.Sprintf("uid %d", *h.UID)
	}
	return ""
}

// id is what a session is found by: the hash of what its cookie holds, so that neither
// memory nor file has what could be sent, and looking one up tells nothing by the time
// that it takes.
type id [sha256.Size]byte

// session is one of them.
type session struct {
	holder Holder
	began  time.Time
	used   time.Time
	saved  time.Time // used, as it is in the file
}

// ends is when it does, unless it is used again.
func (o *session) ends() time.Time {
	idle, last := o.used.Add(Idle), o.began.Add(Longest)
	if last.Before(idle) {
		return last
	}
	return idle
}

// over reports whether it has ended. A clock that was set back does not make it longer.
func (o *session) over(now time.Time) bool {
	return !now.Before(o.ends()) || now.Before(o.began.Add(-clockSkew))
}

// link is one that waits to be followed.
type link struct {
	holder  Holder
	expires time.Time
}

// Store has all sessions. It is safe for concurrent use, and costs nothing where no one
// has logged in.
type Store struct {
	path string
	told func(error)
	now  func() time.Time

	mu       sync.Mutex
	sessions map[id]*session
	links    map[id]link
}

// New returns the sessions that a file has, which lasts from one manager to the next and
// is gone at the next boot; "" is none. A file that cannot be read has none, and told is
// called with why, as when it cannot be written.
func New(path string, told func(error)) *Store { return newAt(path, told, time.Now) }

func newAt(path string, told func(error), now func() time.Time) *Store {
	s := &Store{path: path, told: told, now: now, sessions: map[id]*session{}, links: map[id]link{}}
	if path != "" {
		s.load()
	}
	return s
}

// secret returns 256 random bits as text for a cookie or a URL, and what is kept of them.
func secret() (text string, of id) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand.Read
	text = base64.RawURLEncoding.EncodeToString(b[:])
	return text, sha256.Sum256([]byte(text))
}

// Begin begins a session and returns what its cookie is to hold.
func (s *Store) Begin(h Holder) (cookie string) {
	cookie, at := secret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked()
	name := h.name()
	s.endOldestLocked(maxEach, func(o *session) bool { return o.holder.name() == name })
	s.endOldestLocked(maxAll, func(*session) bool { return true })
	now := s.now()
	s.sessions[at] = &session{holder: h, began: now, used: now}
	s.saveLocked()
	return cookie
}

// endOldestLocked makes room for one more among so many.
func (s *Store) endOldestLocked(most int, among func(*session) bool) {
	var ids []id
	for at, o := range s.sessions {
		if among(o) {
			ids = append(ids, at)
		}
	}
	if len(ids) < most {
		return
	}
	oldest := slices.MinFunc(ids, func(a, b id) int { return s.sessions[a].used.Compare(s.sessions[b].used) })
	delete(s.sessions, oldest)
}

// Find returns who has the session of a cookie, and when it ends unless there is another
// request, which this is one of; ok is false if there is none.
func (s *Store) Find(cookie string) (h Holder, ends time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := id(sha256.Sum256([]byte(cookie)))
	o, ok := s.sessions[at]
	if !ok {
		return h, ends, false
	}
	now := s.now()
	if o.over(now) {
		delete(s.sessions, at)
		s.saveLocked()
		return h, ends, false
	}
	o.used = now
	if now.Sub(o.saved) >= unsaved {
		s.saveLocked()
	}
	return o.holder, o.ends(), true
}

// End ends the session of a cookie, if there is one.
func (s *Store) End(cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := id(sha256.Sum256([]byte(cookie)))
	if _, ok := s.sessions[at]; ok {
		delete(s.sessions, at)
		s.saveLocked()
	}
}

// Link returns a code that begins a session of a holder once, within LinkTime; false if
// too many wait.
func (s *Store) Link(h Holder) (code string, expires time.Time, ok bool) {
	code, at := secret()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked()
	s.endOldestLinkLocked(h.name())
	if len(s.links) >= maxLinks {
		return "", expires, false
	}
	expires = s.now().Add(LinkTime)
	s.links[at] = link{h, expires}
	return code, expires, true
}

// endOldestLinkLocked makes room for one more link of a holder: who makes many keeps no
// one else from theirs.
func (s *Store) endOldestLinkLocked(name string) {
	var own []id
	for at, l := range s.links {
		if l.holder.name() == name {
			own = append(own, at)
		}
	}
	if len(own) >= eachLink {
		delete(s.links, slices.MinFunc(own, func(a, b id) int { return s.links[a].expires.Compare(s.links[b].expires) }))
	}
}

// Follow returns whom a code is for, once.
func (s *Store) Follow(code string) (h Holder, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked()
	at := id(sha256.Sum256([]byte(code)))
	l, ok := s.links[at]
	delete(s.links, at)
	return l.holder, ok
}

// dropLocked drops what is over.
func (s *Store) dropLocked() {
	now := s.now()
	for at, o := range s.sessions {
		if o.over(now) {
			delete(s.sessions, at)
		}
	}
	for at, l := range s.links {
		if !now.Before(l.expires) {
			delete(s.links, at)
		}
	}
}

// sortedLocked are the sessions in the order of their IDs.
func (s *Store) sortedLocked() []id {
	var ids []id
	for at := range s.sessions {
		ids = append(ids, at)
	}
	slices.SortFunc(ids, func(a, b id) int { return cmp.Compare(string(a[:]), string(b[:])) })
	return ids
}
