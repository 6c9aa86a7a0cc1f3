// SPDX-License-Identifier: Apache-2.0

// Package history keeps what was changed, by whom and when, with the whole
// configuration of each change, so that one can return to it.
//
// An entry is two files, the configuration and, written after it, what is known
// of the change. Each is flushed and renamed, so that a crash leaves whole
// entries. Whoever reads them reads secrets: no one but the manager's user may.
package history

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
	"kresd-manager/units"
)

// ErrNoEntry means that an entry is not in the history, or no longer.
var ErrNoEntry = errors.New("it is not in the history")

// Limits of a history. Zero values are the defaults.
type Limits struct {
	// Applied and Failed are how many changes of either outcome are kept.
	Applied, Failed int
	// Bytes is how much room all configurations may take. The last two changes
	// that were applied are kept in any case.
	Bytes int64
}

func (l Limits) orDefaults() Limits {
	return Limits{cmp.Or(l.Applied, 50), cmp.Or(l.Failed, 20), cmp.Or(l.Bytes, 64<<20)}
}

// Store is a history in a directory. It is safe for concurrent use.
type Store struct {
	dir    string
	limits Limits

	mu      sync.Mutex
	entries []*kept // in the order in which they came to their end
	next    int     // ID
	foreign []string
	fault   error // of the last attempt to write
}

// kept is an entry in memory.
type kept struct {
	units.Entry
	bytes int64 // of its configuration
	// document is the configuration until it is on disk.
	document *config.Document
	lost     bool // the configuration is nowhere
	written  bool // or it was tried
}

// ConfirmFile is where package promise keeps its promise, among the entries.
const ConfirmFile = "confirm.json"

// private is the mode of all files.
const private = 0o600

// Suffixes of the files of an entry.
const (
	metaSuffix = ".json"
	textSuffix = ".config"
)

// Open reads the history in a directory, which it makes if necessary. It never
// fails: what cannot be read, as what a newer version wrote, is left out and
// alone, and told by Faults.
func Open(dir string, l Limits) *Store {
	s := &Store{dir: dir, limits: l.orDefaults(), next: 1}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.fault = err
		return s
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		s.fault = err
		return s
	}
	texts := map[int]int64{}
	for _, f := range files {
		if id, ok := idOf(f.Name(), textSuffix); ok {
			if info, err := f.Info(); err == nil && info.Mode().IsRegular() {
				texts[id] = info.Size()
			}
		}
	}
	for _, f := range files {
		name := f.Name()
		id, isMeta := idOf(name, metaSuffix)
		if !isMeta {
			if _, isText := idOf(name, textSuffix); !isText && name != ConfirmFile && !strings.HasPrefix(name, ".") {
				s.foreign = append(s.foreign, name+" is not ours")
			}
			continue
		}
		s.next = max(s.next, id+1)
		bytes := texts[id]
		delete(texts, id) // it belongs to something, be that of a newer version
		k, err := readEntry(filepath.Join(dir, name), id)
		if err != nil {
			s.foreign = append(s.foreign, name+": "+err.Error())
			continue
		}
		k.bytes, k.written = bytes, true
		k.lost = k.bytes == 0
		s.entries = append(s.entries, k)
	}
	for id := range texts { // a crash came before the rest
		s.next = max(s.next, id+1)
		_ = os.Remove(s.path(id, textSuffix))
	}
	slices.SortFunc(s.entries, func(a, b *kept) int { return cmp.Or(a.place()-b.place(), a.ID-b.ID) })
	removeTemporary(dir, files)
	return s
}

// removeTemporary removes what a crash left of a file that was being written.
func removeTemporary(dir string, files []fs.DirEntry) {
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") && f.Type().IsRegular() {
			_ = os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}

func (s *Store) path(id int, suffix string) string {
	return filepath.Join(s.dir, fmt.Sprintf("%08d%s", id, suffix))
}

// idOf reads the name of a file of an entry.
func idOf(name, suffix string) (int, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != 8 {
		return 0, false
	}
	id, err := strconv.Atoi(digits)
	return id, err == nil && id > 0 && digits[0] != '+'
}

// Reserve takes the next ID for a change that is still to come to its end, and may
// never get into the history. It returns 0 before the history is open.
func (s *Store) Reserve() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == 0 {
		return 0
	}
	s.next++
	return s.next - 1
}

// Next is the ID that no change has yet, and Skip has all IDs below be taken: those
// that a manager has reserved are not in the files.
func (s *Store) Next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// Skip is described at [Store.Next].
func (s *Store) Skip(next int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = max(s.next, next)
}

// place orders the entries. A change that was reserved an ID may come to its end
// after one that got its own later.
func (k *kept) place() int { return cmp.Or(k.Place, k.ID) }

// Add puts a change into the history and returns its ID, which is a new one unless it
// has one that was reserved. It is there at once; Flush writes it down. For a change
// that failed, doc is not kept.
func (s *Store) Add(e units.Entry, doc *config.Document) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ID == 0 {
		e.ID = s.next
		s.next++
	}
	if n := len(s.entries); n > 0 && s.entries[n-1].place() >= e.ID {
		e.Place = s.entries[n-1].place() + 1
	}
	k := &kept{Entry: e}
	if e.Outcome == units.OutcomeApplied && doc != nil {
		k.document = doc // whose size is known when it is written: no change waits for that
	}
	s.entries = append(s.entries, k)
	return e.ID
}

// Amend changes what is known of a change. It has no effect if the entry is gone.
func (s *Store) Amend(id int, amend func(*units.Entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(id); ok {
		k := *s.entries[i] // whoever writes the old one down is not disturbed
		amend(&k.Entry)
		k.written = false
		s.entries[i] = &k
	}
}

// Entries returns the changes, newest first.
func (s *Store) Entries() []units.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]units.Entry, 0, len(s.entries))
	for _, k := range slices.Backward(s.entries) {
		list = append(list, k.Entry)
	}
	return list
}

// Applied is the last change that was applied, the zero value if there is none.
func (s *Store) Applied() units.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Backward(s.entries) {
		if k.Outcome == units.OutcomeApplied {
			return k.Entry
		}
	}
	return units.Entry{}
}

// Get returns a change and its configuration. The error is [ErrNoEntry] if it
// is not there, and otherwise says why its configuration cannot be had; the
// entry is good even then.
func (s *Store) Get(id int) (units.Entry, *config.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(id)
	if !ok {
		return units.Entry{}, nil, fmt.Errorf("change %d: %w", id, ErrNoEntry)
	}
	k := s.entries[i]
	if k.document != nil {
		return k.Entry, k.document, nil
	}
	if k.Outcome != units.OutcomeApplied {
		return k.Entry, nil, fmt.Errorf("change %d failed, its configuration never ran", id)
	}
	if k.lost {
		return k.Entry, nil, fmt.Errorf("the configuration of change %d could not be kept", id)
	}
	doc, err := readDocument(s.path(id, textSuffix), k.ETag)
	if err != nil {
		return k.Entry, nil, fmt.Errorf("cannot read the configuration of change %d: %w", id, err)
	}
	return k.Entry, doc, nil
}

func (s *Store) find(id int) (int, bool) {
	i := slices.IndexFunc(s.entries, func(k *kept) bool { return k.ID == id })
	return i, i >= 0
}

// Faults says in words what of the history is lost or cannot be kept.
func (s *Store) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := slices.Clone(s.foreign)
	if s.fault != nil {
		faults = append(faults, "the history cannot be kept: "+s.fault.Error())
	}
	return faults
}

// Flush writes down what is not on disk yet and removes what is too old. The
// change itself is not at stake when it fails: the history is, see Faults.
func (s *Store) Flush() error {
	s.mu.Lock()
	var todo []*kept
	for _, k := range s.entries {
		if !k.written {
			todo = append(todo, k)
		}
	}
	s.mu.Unlock()
	var err error
	for _, k := range todo { // the disk may be slow: readers do not wait for it
		bytes, werr := s.write(k)
		s.mu.Lock()
		if k.document != nil {
			k.lost, k.bytes = werr != nil, bytes
		}
		k.document, k.written = nil, true
		s.mu.Unlock()
		err = cmp.Or(err, werr)
	}
	perr := s.prune()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(todo) > 0 {
		s.fault = err
	}
	return errors.Join(err, perr)
}

// write writes an entry down, and returns the size of its configuration if it wrote that.
func (s *Store) write(k *kept) (bytes int64, err error) {
	if k.document != nil {
		counted := func(w io.Writer) (int64, error) {
			var err error
			bytes, err = k.document.WriteTo(w)
			return bytes, err
		}
		if err := durable.WriteFrom(s.path(k.ID, textSuffix), counted, private); err != nil {
			return bytes, err
		}
	}
	b, err := encodeEntry(k.Entry)
	if err != nil {
		return bytes, err
	}
	return bytes, durable.Write(s.path(k.ID, metaSuffix), b, private)
}

// prune removes the oldest entries beyond the limits.
func (s *Store) prune() error {
	s.mu.Lock()
	var gone []int
	var bytes int64
	counts := map[string]int{}
	s.entries = slices.DeleteFunc(backwards(s.entries), func(k *kept) bool {
		limit := s.limits.Failed
		if k.Outcome == units.OutcomeApplied {
			limit = s.limits.Applied
			bytes += k.bytes
		}
		counts[k.Outcome]++
		n := counts[k.Outcome]
		tooMuch := k.Outcome == units.OutcomeApplied && n > 2 && bytes > s.limits.Bytes
		if n > limit || tooMuch {
			gone = append(gone, k.ID)
			return true
		}
		return false
	})
	slices.Reverse(s.entries)
	s.mu.Unlock()
	var err error
	for _, id := range gone {
		for _, suffix := range []string{metaSuffix, textSuffix} {
			if rerr := os.Remove(s.path(id, suffix)); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
				err = rerr
			}
		}
	}
	return err
}

func backwards(entries []*kept) []*kept {
	entries = slices.Clone(entries)
	slices.Reverse(entries)
	return entries
}
