// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"errors"
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

var when = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// clocks are those of a machine that someone sets.
type clocks struct {
	wall time.Time
	boot string
	up   time.Duration
}

func (c *clocks) clock() Clock {
	return Clock{
		Wall: func() time.Time { return c.wall },
		Boot: func() (string, time.Duration) { return c.boot, c.up },
	}
}

func (c *clocks) pass(d time.Duration) { c.wall, c.up = c.wall.Add(d), c.up+d }

func back(t *testing.T) Pending {
	t.Helper()
	doc, err := config.Parse("", []byte("{workers: 1}"))
	if err != nil {
		t.Fatal(err)
	}
	return Pending{ReturnTo: 1, ETag: doc.ETag(), Text: doc.JSON()}
}

// made is a promise of five minutes that has just begun.
func made(t *testing.T, path string, c *clocks) *Promise {
	t.Helper()
	p := New(path, c.clock())
	if err := p.Make(back(t), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Begin(2); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPromiseIsOnDiskBeforeTheChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history/confirm.json")
	c := &clocks{wall: when, boot: "a", up: time.Hour}
	p := New(path, c.clock())
	if err := p.Make(back(t), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	if p.Waiting() != nil || !p.Made() {
		t.Error("something waits before the change is made")
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info, err) // configurations hold secrets
	}
	next := New(path, c.clock())
	if err := next.Recall(); err != nil || next.Waiting() == nil {
		t.Fatalf("the next manager knows of %v, error %v", next.Waiting(), err)
	}
	if doc, err := next.Open().Document(); err != nil || string(doc.JSON()) != `{"workers":1}` {
		t.Errorf("it goes back to %v, error %v", doc, err)
	}
	c.pass(time.Minute) // the change takes its time
	if _, err := p.Begin(2); err != nil {
		t.Fatal(err)
	}
	if left := p.Left(); left != 5*time.Minute {
		t.Errorf("%v are left", left)
	}
	var waits *units.WaitingError
	if err := p.Make(back(t), time.Minute); !errors.As(err, &waits) || waits.Entry != 2 {
		t.Errorf("a second promise: %v", err)
	}
	if err := next.Recall(); err != nil || !cmp.Equal(next.Open(), p.Open()) {
		t.Errorf("the next manager knows of %+v, want %+v; error %v", next.Open(), p.Open(), err)
	}
	for range 2 {
		if err := p.Keep(nil); err != nil {
			t.Error(err)
		}
	}
	if err := next.Recall(); err != nil || next.Open() != nil || p.Due() {
		t.Errorf("the next manager knows of %+v, error %v", next.Open(), err)
	}
}

func TestAPromiseForAChangeThatFailedIsForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confirm.json")
	p := New(path, (&clocks{wall: when}).clock())
	if err := p.Make(back(t), time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := p.Withdraw(); err != nil || p.Made() {
		t.Errorf("made %t, error %v", p.Made(), err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still on disk: %v", err)
	}
}

// Nothing that happens to the clock on the wall makes the time longer.
func TestNoClockMakesTheTimeLonger(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(c *clocks)
		want    time.Duration
	}{
		"nothing":                      {func(*clocks) {}, 5 * time.Minute},
		"two minutes":                  {func(c *clocks) { c.pass(2 * time.Minute) }, 3 * time.Minute},
		"all the time":                 {func(c *clocks) { c.pass(5 * time.Minute) }, 0},
		"the clock is set back":        {func(c *clocks) { c.pass(2 * time.Minute); c.wall = c.wall.Add(-time.Hour) }, 3 * time.Minute},
		"it is set back at the end":    {func(c *clocks) { c.pass(6 * time.Minute); c.wall = c.wall.Add(-time.Hour) }, -time.Minute},
		"it was never set":             {func(c *clocks) { c.pass(2 * time.Minute); c.wall = time.Unix(0, 0) }, 3 * time.Minute},
		"a boot":                       {func(c *clocks) { c.boot, c.up, c.wall = "b", 0, c.wall.Add(2*time.Minute) }, 3 * time.Minute},
		"a boot after which it is set": {func(c *clocks) { c.boot, c.up, c.wall = "b", 0, c.wall.Add(-time.Hour) }, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "confirm.json")
			c := &clocks{wall: when, boot: "a", up: time.Hour}
			p := made(t, path, c)
			next := New(path, c.clock()) // over a restart of the manager, too
			if err := next.Recall(); err != nil {
				t.Fatal(err)
			}
			test.happens(c)
			if p.Left() != test.want || next.Left() != test.want {
				t.Errorf("%v and %v are left, want %v", p.Left(), next.Left(), test.want)
			}
			if p.Due() != (test.want <= 0) {
				t.Errorf("due: %t", p.Due())
			}
		})
	}
}

// What cannot be written down is not said to be so.
func TestWhatIsNotOnDiskIsNoPromise(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "history/confirm.json")
	c := &clocks{wall: when}
	p := made(t, path, c)
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Dir(path), nil, 0o600); err != nil { // no directory
		t.Fatal(err)
	}
	if err := p.Keep(nil); err == nil || p.Waiting() == nil {
		t.Errorf("confirmed with %v; waiting: %v", err, p.Waiting())
	}
	if err := New(path, c.clock()).Make(back(t), time.Minute); err == nil {
		t.Error("made")
	}
	if err := New(path, c.clock()).Recall(); err == nil {
		t.Error("recalled")
	}
}

func TestADamagedPromiseIsReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confirm.json")
	if err := os.WriteFile(path, []byte(`{"etag":"x","document":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := New(path, System())
	if err := p.Recall(); err == nil || !strings.Contains(err.Error(), "damaged") || p.Open() != nil {
		t.Errorf("error %v, promise %v", err, p.Open())
	}
}

func TestAPromiseOfANewerVersionStays(t *testing.T) {
	const text = `{"format": 3, "until": "confirmed"}`
	path := filepath.Join(t.TempDir(), "confirm.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const why = "it was written by a newer kresd-manager (format 3; this one knows 1): install that version again, or remove the file if"
	p := New(path, System())
	for what, err := range map[string]error{
		"recall": p.Recall(), "make": p.Make(back(t), time.Minute), "keep": p.Keep(nil), "what the status tells": p.Fault(),
	} {
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if got, err := os.ReadFile(path); string(got) != text {
		t.Errorf("it is %q, error %v", got, err)
	}
}

func TestAPromiseOfTheLastVersionIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confirm.json")
	text := `{"began":"2026-01-02T03:04:05Z","by":"2026-01-02T03:09:05Z","entry":1,"return-to":0,"etag":` + strconv.Quote(back(t).ETag) + `,"document":{"workers":1}}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &clocks{wall: when.Add(time.Minute), boot: "a", up: time.Hour}
	p := New(path, c.clock())
	if err := p.Recall(); err != nil || p.Open().Entry != 1 || p.Left() != 4*time.Minute {
		t.Errorf("got %+v, %v left, error %v", p.Open(), p.Left(), err)
	}
}
