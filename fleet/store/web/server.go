// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
)

// Role is what a token is for.
type Role string

// Roles. Everyone reads.
const (
	RoleHost  Role = "host"  // writes what its host tells of itself
	RoleLead  Role = "lead"  // a host that may decide, too
	RoleAdmin Role = "admin" // people and their programs
)

// Token is one that the server takes.
type Token struct {
	Role Role
	Host string // of a host, or of one that leads
	Hash [sha256.Size]byte
}

// ParseTokens reads a file of tokens: a line each of role, host (not for admin), and the
// SHA-256 of the token as sha256:… or the token itself.
func ParseTokens(text []byte) (tokens []Token, err error) {
	for i, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		t := Token{Role: Role(fields[0])}
		switch {
		case t.Role == RoleAdmin && len(fields) == 2:
		case (t.Role == RoleHost || t.Role == RoleLead) && len(fields) == 3:
			t.Host = fields[1]
		default:
			return nil, fmt.Errorf("line %d: it is none of: admin TOKEN, host NAME TOKEN, lead NAME TOKEN", i+1)
		}
		word := fields[len(fields)-1]
		if hash, ok := strings.CutPrefix(word, "sha256:"); ok {
			raw, err := hex.DecodeString(hash)
			if err != nil || len(raw) != sha256.Size {
				return nil, fmt.Errorf("line %d: what follows sha256: is no SHA-256", i+1)
			}
			t.Hash = [sha256.Size]byte(raw)
		} else if len(word) < 32 {
			return nil, fmt.Errorf("line %d: a token has at least 32 bytes; kresctl token new makes one", i+1)
		} else {
			t.Hash = sha256.Sum256([]byte(word))
		}
		tokens = append(tokens, t)
	}
	if len(tokens) == 0 {
		return nil, errors.New("there is no token")
	}
	return tokens, nil
}

// may reports whether a token is for a key.
func (t Token) may(key string) bool {
	switch {
	case t.Role == RoleAdmin:
		return true
	case key == store.Hosts+t.Host, key == store.Alive+t.Host, key == store.Rolls+t.Host:
		return true
	}
	return t.Role == RoleLead && (key == store.Leader || key == store.Rollout)
}

// maxWaiting is how many requests may wait for news at a time, of one token maxWaitingEach:
// a host that someone has taken over keeps no other one from its news. maxLeases is how
// many leases there may be of one token, and maxRefused how many lines a minute there are
// about who has none.
const (
	maxWaiting     = 256
	maxWaitingEach = 32
	maxLeases      = 8
	maxRefused     = 20
	minTTL         = time.Second
	maxTTL         = 5 * time.Minute
)

// Server serves a table.
type Server struct {
	table  *table.Table
	tokens func() ([]Token, error)
	log    *slog.Logger

	mu      sync.Mutex
	leases  map[int64][sha256.Size]byte // whose each is
	waiting int                         // of all
	waits   map[[sha256.Size]byte]int   // of each token
	refused refused
}

// refused is what was said of those who have no token.
type refused struct {
	since   time.Time // the minute
	said    int       // lines of it
	leftOut int
}

// wait has a request of a token wait; false if too many do.
func (s *Server) wait(t Token) (done func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting >= maxWaiting || s.waits[t.Hash] >= maxWaitingEach {
		return nil, false
	}
	s.waiting++
	s.waits[t.Hash]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waiting--
		if s.waits[t.Hash]--; s.waits[t.Hash] == 0 {
			delete(s.waits, t.Hash)
		}
	}, true
}

// tellRefused logs that someone was refused, so that no one fills the log.
func (s *Server) tellRefused(remote string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.refused
	if now := time.Now(); now.Sub(r.since) >= time.Minute {
		r.since, r.said = now, 0
	}
	if r.said++; r.said > maxRefused {
		r.leftOut++
		return
	}
	about := []any{"remote", remote, "error", err}
	if r.leftOut > 0 {
		about = append(about, "left-out", r.leftOut)
		r.leftOut = 0
	}
	s.log.Warn("refused", about...)
}

// NewServer serves a table to who has one of the tokens, which are asked for each time.
func NewServer(t *table.Table, tokens func() ([]Token, error), log *slog.Logger) *Server {
	return &Server{table: t, tokens: tokens, log: log, leases: map[int64][sha256.Size]byte{}, waits: map[[sha256.Size]byte]int{}}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, err := s.who(r)
	if err != nil {
		s.tellRefused(r.RemoteAddr, err)
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	path, ok := strings.CutPrefix(r.URL.Path, "/fleet/1/")
	lease, isLease := strings.CutPrefix(path, "lease/")
	switch {
	case ok && path == "keys" && r.Method == http.MethodGet:
		s.read(w, r, token)
	case ok && path == "commit" && r.Method == http.MethodPost:
		s.commit(w, r, token)
	case ok && path == "lease" && r.Method == http.MethodPost:
		s.grant(w, r, token)
	case ok && isLease && (r.Method == http.MethodPost || r.Method == http.MethodDelete):
		s.keep(w, r, token, lease)
	default:
		http.Error(w, "there is nothing at this address", http.StatusNotFound)
	}
}

func (s *Server) who(r *http.Request) (Token, error) {
	tokens, err := s.tokens()
	if err != nil {
		return Token{}, errors.New("the tokens cannot be read; see the log of the server")
	}
	word, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	hash := sha256.Sum256([]byte(word))
	found := -1
	for i, t := range tokens {
		if subtle.ConstantTimeCompare(hash[:], t.Hash[:]) == 1 {
			found = i
		}
	}
	if !ok || found < 0 {
		return Token{}, errors.New("a token of this store is needed")
	}
	return tokens[found], nil
}

func (s *Server) send(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cannot write the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // who has gone does not read it
}

// read answers with keys, at once or when their revision is another one.
func (s *Server) read(w http.ResponseWriter, r *http.Request, token Token) {
	key := r.URL.Query().Get("under")
	seen := r.Header.Get("If-None-Match")
	wait, err := time.ParseDuration(r.URL.Query().Get("wait"))
	if err == nil && seen != "" {
		done, ok := s.wait(token)
		if !ok {
			http.Error(w, "too many requests wait for news already, of this token or of all", http.StatusServiceUnavailable)
			return
		}
		defer done()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(min(wait, time.Minute) + requestTimeout))
	}
	timeout := time.After(min(wait, time.Minute))
	for {
		_, changed := s.table.Changed()
		snap, err := s.table.Read(r.Context(), key)
		if err != nil {
			return // the client has gone
		}
		tag := `"` + strconv.FormatInt(snap.Revision, 10) + `"`
		if wait == 0 || seen != tag {
			w.Header().Set("Etag", tag)
			s.send(w, snap)
			return
		}
		select {
		case <-changed:
		case <-timeout:
			w.WriteHeader(http.StatusNotModified)
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Server) commit(w http.ResponseWriter, r *http.Request, token Token) {
	var c commit
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	for _, change := range c.Changes {
		if !token.may(change.Key) {
			http.Error(w, fmt.Sprintf("this token is not for the key %q", change.Key), http.StatusForbidden)
			return
		}
		if change.Lease != 0 && !s.owns(change.Lease, token) {
			http.Error(w, "this lease is not yours, or has ended", http.StatusConflict)
			return
		}
	}
	revision, held, err := s.table.Commit(r.Context(), c.Conditions, c.Changes)
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	s.send(w, committed{revision, held})
}

func (s *Server) owns(id int64, token Token) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leases[id] == token.Hash
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request, token Token) {
	var g granted
	if err := json.NewDecoder(r.Body).Decode(&g); err != nil || g.TTL < minTTL || g.TTL > maxTTL {
		http.Error(w, "a lease is for 1s to 5m", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for id, of := range s.leases {
		switch {
		case !s.table.Has(id):
			delete(s.leases, id)
		case of == token.Hash:
			n++
		}
	}
	if n >= maxLeases {
		http.Error(w, "this token has too many leases", http.StatusServiceUnavailable)
		return
	}
	l := s.table.GrantRaw(g.TTL)
	s.leases[l.ID()] = token.Hash
	s.send(w, granted{l.ID(), g.TTL})
}

func (s *Server) keep(w http.ResponseWriter, r *http.Request, token Token, text string) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !s.owns(id, token) {
		s.send(w, granted{})
		return
	}
	if r.Method == http.MethodDelete {
		s.table.End(id)
		s.send(w, granted{})
		return
	}
	if !s.table.Keep(id) {
		id = 0
	}
	s.send(w, granted{ID: id})
}
