// SPDX-License-Identifier: Apache-2.0

package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

var when = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func document(t *testing.T, text string) *config.Document {
	t.Helper()
	d, err := config.Parse("config", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// add puts a change to so many workers into a history.
func add(t *testing.T, s *Store, workers int, outcome string) int {
	t.Helper()
	doc := document(t, fmt.Sprintf("{workers: %d}", workers))
	uid := uint32(1000)
	return s.Add(units.Entry{
		When: when, Generation: "0123abcd", ETag: doc.ETag(), Cause: "PUT /workers", Outcome: outcome,
		Who:  units.Who{Via: units.ViaSocket, UID: &uid, User: "alice", Request: "r1"},
		Diff: config.Difference(document(t, "{}"), doc, 0),
	}, doc)
}

func ids(s *Store) (list []int) {
	for _, e := range s.Entries() {
		list = append(list, e.ID)
	}
	return list
}

func mustFlush(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
}

func TestEntriesSurvive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	s := Open(dir, Limits{})
	one, two := add(t, s, 1, units.OutcomeApplied), add(t, s, 2, units.OutcomeFailed)
	if one != 1 || two != 2 {
		t.Errorf("the first are %d and %d", one, two)
	}
	before := s.Entries()
	check := func(when string, s *Store) {
		t.Helper()
		if diff := cmp.Diff(before, s.Entries()); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		_, doc, err := s.Get(1)
		if err != nil || string(doc.JSON()) != `{"workers":1}` {
			t.Errorf("%s: got %v, error %v", when, doc, err)
		}
		if _, _, err := s.Get(2); err == nil || !strings.Contains(err.Error(), "failed") {
			t.Errorf("%s: got error %v", when, err)
		}
		if _, _, err := s.Get(3); !errors.Is(err, ErrNoEntry) {
			t.Errorf("%s: got error %v", when, err)
		}
		if f := s.Faults(); f != nil {
			t.Errorf("%s: faults %q", when, f)
		}
		if got := s.Applied().ID; got != 1 {
			t.Errorf("%s: %d was applied last", when, got)
		}
	}
	check("before it is written", s)
	mustFlush(t, s)
	check("when it is written", s)
	s = Open(dir, Limits{})
	check("when it is read again", s)
	if id := add(t, s, 3, units.OutcomeApplied); id != 3 {
		t.Errorf("the next is %d", id)
	}
}

// Configurations hold secrets.
func TestNoOneElseReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	s := Open(dir, Limits{})
	add(t, s, 1, units.OutcomeApplied)
	mustFlush(t, s)
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		files++
		if err == nil && info.Mode()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil || files != 3 {
		t.Errorf("%d files, error %v", files, err)
	}
}

func TestTheHistoryIsBounded(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, Limits{Applied: 3, Failed: 1})
	for i := range 5 {
		add(t, s, i+1, units.OutcomeApplied)
		add(t, s, i+1, units.OutcomeFailed)
		mustFlush(t, s)
	}
	want := []int{10, 9, 7, 5}
	if got := ids(s); !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := ids(Open(dir, Limits{})); !cmp.Equal(got, want) {
		t.Errorf("on disk there are %v, want %v", got, want)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 3+4 {
		t.Errorf("%v, error %v", files, err)
	}
	s = Open(t.TempDir(), Limits{Bytes: 20})
	for i := range 5 {
		add(t, s, i+1, units.OutcomeApplied)
	}
	mustFlush(t, s)
	if got, want := ids(s), []int{5, 4}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWhatACrashLeaves(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, Limits{})
	for i := range 4 {
		add(t, s, i+1, units.OutcomeApplied)
	}
	mustFlush(t, s)
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("00000001.json", `{"id": 1, "outc`)  // torn
	write("00000002.config", `{"workers":22}`) // not what was written
	write("00000004.json", `{"id": 7, "outcome": "applied"}`)
	write("00000009.config", `{"workers":9}`)
	write(".00000010.json123", `{`)
	write("notes.txt", "foreign")
	if err := os.Remove(path("00000003.config")); err != nil {
		t.Fatal(err)
	}
	s = Open(dir, Limits{})
	if got, want := ids(s), []int{3, 2}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for id, want := range map[int]string{2: "damaged", 3: "could not be kept"} {
		if e, _, err := s.Get(id); err == nil || !strings.Contains(err.Error(), want) || e.ID != id {
			t.Errorf("change %d: got error %v", id, err)
		}
	}
	faults := strings.Join(s.Faults(), "\n")
	for _, want := range []string{"00000001.json: it is damaged", "00000004.json: it is damaged: it says that it is change 7", "notes.txt is not ours"} {
		if !strings.Contains(faults, want) {
			t.Errorf("the faults do not tell %q:\n%s", want, faults)
		}
	}
	for name, there := range map[string]bool{"00000009.config": false, ".00000010.json123": false, "notes.txt": true} {
		if _, err := os.Stat(path(name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
	if id := add(t, s, 1, units.OutcomeApplied); id != 10 {
		t.Errorf("the next is %d: an ID was given twice", id)
	}
}

// What cannot be written is still there as long as the manager runs.
func TestTheDiskIsFull(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := Open(filepath.Join(file, "history"), Limits{})
	add(t, s, 1, units.OutcomeApplied)
	if err := s.Flush(); err == nil {
		t.Fatal("no error")
	}
	if f := s.Faults(); len(f) != 1 || !strings.Contains(f[0], "the history cannot be kept: ") {
		t.Errorf("faults %q", f)
	}
	if got := ids(s); !cmp.Equal(got, []int{1}) {
		t.Errorf("got %v", got)
	}
	if _, _, err := s.Get(1); err == nil || !strings.Contains(err.Error(), "could not be kept") {
		t.Errorf("got error %v", err)
	}
}

// TestWhatANewerVersionWroteIsLeftAlone: also its configuration, and after the
// limits are reached.
func TestWhatANewerVersionWroteIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, Limits{})
	for i := range 3 {
		add(t, s, i+1, units.OutcomeApplied)
	}
	mustFlush(t, s)
	newer := map[string]string{
		"00000001.json":   `{"format": 2, "id": "one", "outcome": "applied"}`,
		"00000001.config": `{"workers":1}`,
		"00000002.json":   `{"outc`, // torn: what it belongs to is not for us to throw away
		"00000002.config": `{"workers":2}`,
	}
	for name, text := range newer {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = Open(dir, Limits{Applied: 1})
	for i := range 3 {
		add(t, s, i+4, units.OutcomeApplied)
		mustFlush(t, s)
	}
	for name, want := range newer {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s is %q, error %v", name, got, err)
		}
	}
	faults := strings.Join(s.Faults(), "\n")
	for _, want := range []string{
		"00000001.json: it was written by a newer kresd-manager (format 2; this one knows 1): it is left alone; install that version again to see it",
		"00000002.json: it is damaged",
	} {
		if !strings.Contains(faults, want) {
			t.Errorf("the faults do not tell %q:\n%s", want, faults)
		}
	}
	if got := ids(s); !cmp.Equal(got, []int{6}) {
		t.Errorf("the entries are %v", got)
	}
}

func TestEntriesOfTheLastVersionAreRead(t *testing.T) {
	dir := t.TempDir()
	doc := document(t, "{workers: 1}")
	for name, text := range map[string]string{
		"00000001.json":   `{"id": 1, "when": "2026-02-03T04:05:06Z", "generation": "0123abcd", "etag": ` + strconv.Quote(doc.ETag()) + `, "who": {}, "cause": "start", "outcome": "applied"}`,
		"00000001.config": string(doc.JSON()),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := Open(dir, Limits{})
	if e, got, err := s.Get(1); err != nil || e.Cause != "start" || got.ETag() != doc.ETag() {
		t.Errorf("got %+v, error %v", e, err)
	}
	if f := s.Faults(); f != nil {
		t.Errorf("faults %q", f)
	}
}

// A change that waited has its number from before one that came to its end earlier.
// The last one that was applied is the one that ended last.
func TestTheOrderIsThatOfTheEnds(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, Limits{})
	add(t, s, 1, units.OutcomeApplied)
	early := s.Reserve()
	timer := add(t, s, 2, units.OutcomeApplied)
	if early != 2 || timer != 3 {
		t.Fatalf("numbers %d and %d", early, timer)
	}
	doc, err := config.Parse("", []byte(`{"workers":3}`))
	if err != nil {
		t.Fatal(err)
	}
	s.Add(units.Entry{ID: early, Outcome: units.OutcomeApplied, ETag: doc.ETag()}, doc)
	last := add(t, s, 4, units.OutcomeApplied)
	mustFlush(t, s)
	for when, s := range map[string]*Store{"at once": s, "read again": Open(dir, Limits{})} {
		var ids []int
		for _, e := range s.Entries() {
			ids = append(ids, e.ID)
		}
		if got := fmt.Sprint(ids); got != fmt.Sprint([]int{last, early, timer, 1}) || s.Applied().ID != last {
			t.Errorf("%s: %s, %d was applied last", when, got, s.Applied().ID)
		}
		if _, doc, err := s.Get(early); err != nil || string(doc.JSON()) != `{"workers":3}` {
			t.Errorf("%s: change %d: %v, %v", when, early, doc, err)
		}
		if s.Next() != last+1 {
			t.Errorf("%s: the next is %d", when, s.Next())
		}
	}
	s.Skip(9)
	if id := s.Reserve(); id != 9 {
		t.Errorf("%d is reserved", id)
	}
}
