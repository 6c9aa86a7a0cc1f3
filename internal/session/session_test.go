// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/internal/token"
)

// clock is one that the test sets.
type clock struct{ time.Time }

func (c *clock) now() time.Time         { return c.Time }
func (c *clock) passes(d time.Duration) { c.Time = c.Add(d) }

func store(t *testing.T, path string) (*Store, *clock) {
	t.Helper()
	c := &clock{time.Now()}
	return newAt(path, func(err error) { t.Error(err) }, c.now), c
}

func byToken(text string) Holder {
	d := token.Of(text)
	return Holder{Token: &d}
}

func TestASessionLastsWhileItIsUsed(t *testing.T) {
	s, now := store(t, "")
	cookie := s.Begin(byToken("a"))
	if len(cookie) != 43 {
		t.Errorf("%q", cookie)
	}
	for range 3 {
		now.passes(Idle - time.Second)
		h, ends, ok := s.Find(cookie)
		if !ok || h.name() != token.Of("a").String() || !ends.Equal(now.Add(Idle)) {
			t.Fatalf("%+v %s %v", h, ends, ok)
		}
	}
	for _, other := range []string{"", cookie + "x", cookie[1:], strings.ToLower(cookie)} {
		if _, _, ok := s.Find(other); ok && other != cookie {
			t.Errorf("%q has a session", other)
		}
	}
	now.passes(Idle)
	if _, _, ok := s.Find(cookie); ok || len(s.sessions) != 0 {
		t.Error("it did not end")
	}
	again := s.Begin(byToken("a"))
	s.End(again)
	s.End(again)
	if _, _, ok := s.Find(again); ok || again == cookie {
		t.Error("it goes on after its end")
	}
}

// A page that is left open asks without end. Its session ends nevertheless, also over restarts.
func TestASessionEndsHoweverMuchItIsUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.json")
	s, now := store(t, path)
	cookie := s.Begin(byToken("a"))
	began := now.Time
	for now.Sub(began) < Longest-time.Hour {
		now.passes(time.Hour)
		if now.Sub(began) == 3*24*time.Hour {
			s = newAt(path, func(err error) { t.Error(err) }, now.now)
		}
		_, ends, ok := s.Find(cookie)
		if !ok || ends.After(began.Add(Longest)) {
			t.Fatalf("after %s: %s %v", now.Sub(began), ends, ok)
		}
	}
	now.passes(time.Hour)
	if _, _, ok := s.Find(cookie); ok || len(s.sessions) != 0 {
		t.Error("it did not end")
	}
	// Nor does it last for as long as a clock is set back.
	again := s.Begin(byToken("a"))
	now.passes(-365 * 24 * time.Hour)
	if _, _, ok := s.Find(again); ok {
		t.Error("it lasts for a year more")
	}
}

// No one can fill the memory, nor log others out.
func TestSessionsOfOneHolderAreBounded(t *testing.T) {
	s, now := store(t, "")
	other := s.Begin(byToken("other"))
	var cookies []string
	for range 3 * maxEach {
		now.passes(time.Second)
		cookies = append(cookies, s.Begin(byToken("a")))
	}
	for i, c := range cookies {
		if _, _, ok := s.Find(c); ok != (i >= len(cookies)-maxEach) {
			t.Errorf("session %d of %d: %v", i, len(cookies), ok)
		}
	}
	if _, _, ok := s.Find(other); !ok {
		t.Error("that of another one has ended")
	}
	for i := range 2 * maxAll {
		s.Begin(byToken(fmt.Sprint(i)))
	}
	if len(s.sessions) > maxAll {
		t.Errorf("%d sessions", len(s.sessions))
	}
}

func TestALinkIsFollowedOnce(t *testing.T) {
	s, now := store(t, "")
	uid := uint32(1000)
	code, expires, ok := s.Link(Holder{UID: &uid, GIDs: []uint32{5}})
	if !ok || !expires.Equal(now.Add(LinkTime)) {
		t.Fatalf("%s %v", expires, ok)
	}
	if _, ok := s.Follow(code + "x"); ok {
		t.Error("another code was followed")
	}
	if _, _, ok := s.Find(code); ok {
		t.Error("a code is a cookie")
	}
	if h, ok := s.Follow(code); !ok || h.UID != &uid || h.GIDs[0] != 5 {
		t.Errorf("%+v %v", h, ok)
	}
	if _, ok := s.Follow(code); ok {
		t.Error("it was followed twice")
	}
	late, _, _ := s.Link(Holder{UID: &uid})
	now.passes(LinkTime)
	if _, ok := s.Follow(late); ok {
		t.Error("it was followed too late")
	}
	first, _, _ := s.Link(Holder{UID: &uid})
	for range 2 * maxLinks { // of one, who keeps no one else from theirs
		now.passes(time.Millisecond)
		if _, _, ok := s.Link(Holder{UID: &uid}); !ok {
			t.Fatal("too few")
		}
	}
	if _, ok := s.Follow(first); ok || len(s.links) != eachLink {
		t.Errorf("%d links of one user", len(s.links))
	}
	for i := range uint32(maxLinks - eachLink) {
		if _, _, ok := s.Link(Holder{UID: new(5000 + i)}); !ok {
			t.Fatal("too few")
		}
	}
	if _, _, ok := s.Link(Holder{UID: new(uint32(9000))}); ok {
		t.Error("links are not bounded")
	}
	now.passes(LinkTime)
	if _, _, ok := s.Link(Holder{UID: &uid}); !ok || len(s.links) != 1 {
		t.Errorf("old ones stay: %d", len(s.links))
	}
}

// The next manager knows who is logged in, and whoever reads the file could not be them.
func TestSessionsOutliveTheManager(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.json")
	s, now := store(t, path)
	secret, uid := token.New(), uint32(1000)
	first, second, third := s.Begin(byToken(secret)), s.Begin(Holder{UID: &uid, GIDs: []uint32{7, 8}}), s.Begin(byToken("x"))
	s.End(third)
	now.passes(Idle / 2)
	if _, _, ok := s.Find(first); !ok { // and its time is written down
		t.Fatal("lost")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{first, second, third, secret} {
		if strings.Contains(string(text), c) {
			t.Errorf("the file has a secret: %s", text)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	next := newAt(path, func(err error) { t.Error(err) }, now.now)
	if h, _, ok := next.Find(first); !ok || !h.Token.Equal(token.Of(secret)) {
		t.Errorf("%+v %v", h, ok)
	}
	if h, _, ok := next.Find(second); !ok || *h.UID != uid || len(h.GIDs) != 2 {
		t.Errorf("%+v %v", h, ok)
	}
	if _, _, ok := next.Find(third); ok {
		t.Error("what had ended is back")
	}
	now.passes(Idle)
	if late := newAt(path, func(err error) { t.Error(err) }, now.now); len(late.sessions) != 0 {
		t.Errorf("%d sessions after their time", len(late.sessions))
	}
}

// What cannot be read has no session, and what cannot be written is said.
func TestFilesThatAreNotUsable(t *testing.T) {
	for _, text := range []string{"", "{", `{"format":9,"sessions":[]}`, `{"format":1,"sessions":7}`} {
		path := filepath.Join(t.TempDir(), "sessions.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var told []error
		s := New(path, func(err error) { told = append(told, err) })
		if len(s.sessions) != 0 || len(told) != 1 || !strings.Contains(told[0].Error(), "must log in again: "+path) {
			t.Errorf("%q: %v", text, told)
		}
	}
	path := filepath.Join(t.TempDir(), "sessions.json")
	odd := `{"format":1,"sessions":[{"id":"00"},{"id":"` + strings.Repeat("0", 64) + `","used":"` + time.Now().Format(time.RFC3339) + `"},{"id":"` + strings.Repeat("1", 64) + `","token":"sha256:zz"}]}`
	if err := os.WriteFile(path, []byte(odd), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := New(path, func(err error) { t.Error(err) }); len(s.sessions) != 0 {
		t.Errorf("%d sessions of no one", len(s.sessions))
	}
	var told []error
	s := New(filepath.Join(t.TempDir(), "none", "sessions.json"), func(err error) { told = append(told, err) })
	cookie := s.Begin(byToken("a"))
	if _, _, ok := s.Find(cookie); !ok || len(told) != 1 || !strings.Contains(told[0].Error(), "after a restart of the manager") {
		t.Errorf("%v %v", ok, told)
	}
}
