// SPDX-License-Identifier: Apache-2.0

package verbatim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func stores(t *testing.T) map[string]*Store {
	t.Helper()
	told := func(err error) { t.Error(err) }
	return map[string]*Store{"memory": New("", told), "file": New(filepath.Join(t.TempDir(), "texts.json"), told)}
}

func TestATextIsFoundByWhatItSaysAndWasMadeFrom(t *testing.T) {
	for name, s := range stores(t) {
		base := Tag([]byte("workers: 1\n"))
		s.Keep(Text{"two", base, "workers: 2 # two\n"})
		s.Keep(Text{"three", base, "workers: 3 # three\n"})
		for _, c := range []struct{ etag, base, want string }{
			{"two", base, "workers: 2 # two\n"},
			{"three", base, "workers: 3 # three\n"},
			{"four", base, ""},
			{"two", Tag(nil), ""}, // someone else has edited the file
		} {
			if got := s.Find(c.etag, c.base); got != c.want {
				t.Errorf("%s: Find(%s, %.4s) = %q, want %q", name, c.etag, c.base, got, c.want)
			}
		}
		// What says the same takes the place of what was there, and only for as long as it stays.
		undo := s.Keep(Text{"two", base, "workers: 2 # deux\n"})
		if got := s.Find("two", base); got != "workers: 2 # deux\n" {
			t.Errorf("%s: %q", name, got)
		}
		undo()
		if got := s.Find("two", base); got != "workers: 2 # two\n" {
			t.Errorf("%s: after undo %q", name, got)
		}
	}
}

func TestLittleIsKept(t *testing.T) {
	for name, s := range stores(t) {
		for _, etag := range []string{"1", "2", "3", "4", "5"} {
			s.Keep(Text{etag, "", etag})
		}
		if s.Find("1", "") != "" || s.Find("2", "") != "2" || s.Find("5", "") != "5" {
			t.Errorf("%s: not the newest four are kept", name)
		}
		undo := s.Keep(Text{"6", "", "6"})
		undo()
		if s.Find("6", "") != "" || s.Find("2", "") != "2" {
			t.Errorf("%s: what was refused has put something out", name)
		}
		large := strings.Repeat("\x01", Most)
		for _, etag := range []string{"a", "b", "c"} {
			s.Keep(Text{etag, "", large})
		}
		if s.Find("a", "") != "" || s.Find("b", "") != large || s.Find("c", "") != large {
			t.Errorf("%s: not the newest %d bytes are kept", name, mostAll)
		}
	}
}

func TestOnlyTheManagerReadsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "texts.json")
	var wrong []string
	told := func(err error) { wrong = append(wrong, err.Error()) }
	New(path, told).Keep(Text{"e", "b", "# secret\n"})
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if got := New(path, told).Find("e", "b"); got != "# secret\n" { // the next manager
		t.Errorf("%q", got)
	}
	for _, text := range []string{"{", `{"format": 9}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		wrong = nil
		if got := New(path, told).Find("e", "b"); got != "" || len(wrong) != 1 || !strings.Contains(wrong[0], "comments of changes that were not saved are lost: "+path) {
			t.Errorf("%s: %q, %q", text, got, wrong)
		}
	}
	if len(wrong) == 0 || !strings.Contains(wrong[0], "newer kresd-manager") {
		t.Errorf("%q", wrong)
	}
}

func TestTags(t *testing.T) {
	if tag := Tag([]byte("x")); !IsTag(tag) || tag == Tag([]byte("y")) {
		t.Errorf("%q", tag)
	}
	for _, s := range []string{"", "00", strings.Repeat("x", 64), Tag(nil) + "00"} {
		if IsTag(s) {
			t.Errorf("%q", s)
		}
	}
}
