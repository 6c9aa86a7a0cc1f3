// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"kresd-manager/internal/kresd"
	"kresd-manager/units"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is a run directory with two workers, whose process is the test's.
type place struct {
	t    *testing.T
	dir  string
	live units.Live
	eye  *Eye

	mu   sync.Mutex
	maps string // what workers say of their maps
	read int    // how often they were asked for it
}

func newPlace(t *testing.T) *place { return newPlaceIn(t, "") }

func newPlaceIn(t *testing.T, parent string) *place {
	t.Helper()
	dir, err := os.MkdirTemp(parent, "run") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &place{t: t, dir: dir}
	for _, d := range []string{"control", "work/ruledb"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	p.write(7, 4)
	p.live = units.Live{Units: map[string]units.Observed{
		units.PolicyLoader: {Name: units.PolicyLoader, ActiveState: "active", Result: "success", InvocationID: "load-1"},
	}}
	for n := 1; n <= 2; n++ {
		p.serve(fmt.Sprint(n))
		p.set(units.Worker(n), func(o *units.Observed) {
			*o = units.Observed{Name: units.Worker(n), ActiveState: "active", MainPID: os.Getpid(), Populated: true, InvocationID: "a"}
		})
	}
	p.open()
	return p
}

// open is another manager.
func (p *place) open() {
	p.eye = New(Options{
		Rundir:      p.dir,
		Record:      filepath.Join(p.dir, "record.json"),
		Directories: Directories(p.dir, os.Getuid(), os.Getuid()),
		Worker: func(ctx context.Context, instance string) (kresd.Seen, error) {
			return kresd.Look(ctx, kresd.Socket(p.dir, instance))
		},
		Alive: func(ctx context.Context, instance string) (int, error) {
			return kresd.Alive(ctx, kresd.Socket(p.dir, instance))
		},
	})
}

func (p *place) set(unit string, f func(*units.Observed)) {
	o := p.live.Units[unit]
	f(&o)
	p.live.Units[unit] = o
}

func (p *place) control(instance string) string { return kresd.Socket(p.dir, instance) }

func (p *place) database() string { return filepath.Join(p.dir, "work/ruledb/data.mdb") }

// write makes the rule database anew in its place, as after a commit.
func (p *place) write(transaction, lastPage uint64) {
	p.t.Helper()
	const size = 4096
	b := make([]byte, 2*size)
	for i, at := range []int{0, size} {
		binary.NativeEndian.PutUint32(b[at+atMagic:], lmdbMagic)
		binary.NativeEndian.PutUint32(b[at+atPageSize:], size)
		binary.NativeEndian.PutUint64(b[at+atLastPage:], lastPage)
		binary.NativeEndian.PutUint64(b[at+atTxn:], transaction-uint64(i))
	}
	if err := os.WriteFile(p.database(), b, 0o640); err != nil {
		p.t.Fatal(err)
	}
}

// serve answers as a worker.
func (p *place) serve(instance string) {
	p.t.Helper()
	l, err := net.Listen("unix", p.control(instance))
	if err != nil {
		p.t.Fatal(err)
	}
	var all sync.WaitGroup
	p.t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				_, _ = c.Write([]byte("> "))
				lines := bufio.NewScanner(c)
				for lines.Scan() {
					if lines.Text() == "__json" {
						continue
					}
					p.mu.Lock()
					p.read++
					body := fmt.Sprintf("%q", p.maps)
					p.mu.Unlock()
					_, _ = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
				}
			})
		}
	})
}

// mapped has workers say that they have this mapped.
func (p *place) mapped(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.maps = line
}

func (p *place) line() string {
	p.t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(p.database(), &st); err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprintf("7f00-7f10 r--s 00000000 00:36 %d       %s", st.Ino, p.database())
}

// wants fails the test unless these are the faults, "UNIT: KIND: WHY".
func (p *place) wants(when string, want map[string]string) {
	p.t.Helper()
	p.eye.Look(p.t.Context(), &p.live)
	got := map[string]string{}
	for unit, f := range p.live.Faults {
		got[unit] = string(f.Kind) + ": " + f.Why
		if f.Cost == "" {
			p.t.Errorf("%s: %s: what it costs is not told", when, unit)
		}
	}
	for unit, w := range want {
		if !strings.Contains(got[unit], w) {
			p.t.Errorf("%s: %s is %q, want %q", when, unit, got[unit], w)
		}
	}
	if len(got) != len(want) {
		p.t.Errorf("%s: %v", when, got)
	}
}

func TestWorkersThatCannotBeReached(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(p *place, path string) error
		want string
	}{
		{"nothing", func(*place, string) error { return nil }, ""},
		{"gone", func(_ *place, path string) error { return os.Remove(path) }, "mute: does not answer on its control socket, which is gone"},
		{"left behind", func(_ *place, path string) error {
			_ = os.Remove(path)
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err == nil {
				l.SetUnlinkOnClose(false)
				err = l.Close()
			}
			return err
		}, "mute: does not answer on its control socket: nothing listens there"},
		{"a file", func(_ *place, path string) error { _ = os.Remove(path); return os.WriteFile(path, nil, 0o600) }, "mute: does not answer on its control socket: nothing listens there"},
		{"a pipe that no one writes to", func(_ *place, path string) error { _ = os.Remove(path); return unix.Mkfifo(path, 0o600) }, "mute: does not answer on its control socket: nothing listens there"},
		{"a link to itself", func(_ *place, path string) error { _ = os.Remove(path); return os.Symlink(path, path) }, "mute: does not answer on its control socket: something else is in its place"},
		{"another process", func(p *place, _ string) error {
			p.set(units.Worker(2), func(o *units.Observed) { o.MainPID = os.Getppid() })
			return nil
		}, "mute: does not answer on its control socket: another process listens there"},
		{"it listens and says nothing", func(p *place, path string) error {
			_ = os.Remove(path)
			l, err := net.Listen("unix", path)
			if err == nil {
				p.t.Cleanup(func() { l.Close() })
			}
			return err
		}, "slow: does not answer on its control socket within 1s"},
		{"it is on its way by itself", func(p *place, path string) error {
			p.set(units.Worker(2), func(o *units.Observed) { o.ActiveState = "deactivating" })
			return os.Remove(path)
		}, ""},
		{"the directory is gone", func(p *place, _ string) error { return os.RemoveAll(filepath.Join(p.dir, "control")) }, "cut-off: does not answer on its control socket, which is gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			if err := c.do(p, p.control("2")); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			if c.want != "" {
				want[units.Worker(2)] = c.want
			}
			if strings.HasPrefix(c.want, "cut-off") {
				want[units.Worker(1)] = c.want
			}
			p.wants(c.name, want)
		})
	}
}

func TestARuleDatabaseThatIsNotTheOneThatWasWritten(t *testing.T) {
	const emptied = "rules-gone: the rule database is not the one that was loaded"
	for _, c := range []struct {
		name string
		do   func(p *place) error
		want string
	}{
		{"written once more, by whoever", func(p *place) error { p.write(8, 5); return nil }, ""},
		{"removed", func(p *place) error { return os.Remove(p.database()) }, "rules-gone: the rule database is gone"},
		{"removed and made anew by a worker that started", func(p *place) error {
			if err := os.Rename(p.database(), p.database()+"~"); err != nil { // another inode
				return err
			}
			p.write(7, 4)
			return nil
		}, emptied},
		{"emptied in its place", func(p *place) error { return os.Truncate(p.database(), 0) }, "rules-gone: the rule database is empty"},
		{"emptied, and begun anew with the next number", func(p *place) error { p.write(8, 1); return nil }, emptied},
		{"emptied, and begun anew", func(p *place) error { p.write(1, 4); return nil }, emptied},
		// Its directory belongs to the workers' user: nothing is followed or waited for.
		{"a pipe", func(p *place) error { _ = os.Remove(p.database()); return unix.Mkfifo(p.database(), 0o600) }, ""},
		{"a link", func(p *place) error { _ = os.Remove(p.database()); return os.Symlink("/etc/passwd", p.database()) }, ""},
		{"the policy-loader writes it now", func(p *place) error {
			p.set(units.PolicyLoader, func(o *units.Observed) { o.ActiveState = "activating" })
			return os.Remove(p.database())
		}, ""},
		{"emptied at once after the manager has had it loaded", func(p *place) error {
			p.eye.Took(units.Step{Kind: units.Load})
			p.set(units.PolicyLoader, func(o *units.Observed) { o.InvocationID = "load-2" })
			p.write(8, 1)
			return nil
		}, emptied},
		{"the policy-loader has written it", func(p *place) error {
			p.set(units.PolicyLoader, func(o *units.Observed) { o.InvocationID = "load-2" })
			p.write(2, 3)
			return nil
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			p.wants("at first", nil)
			p.open() // what was written is known to the next manager
			if err := c.do(p); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			if c.want != "" {
				want[units.PolicyLoader] = c.want
				for n := 1; n <= 2; n++ {
					want[units.Worker(n)] = "astray: has opened a rule database without the rules"
				}
			}
			p.wants(c.name, want)
		})
	}
}

// A worker that was there when the database was removed has the old one mapped,
// and never sees the new one.
func TestAWorkerWithARuleDatabaseThatWasRemoved(t *testing.T) {
	p := newPlace(t)
	line := p.line()
	p.mapped(line)
	p.wants("at first", nil)
	p.mapped(line + " (deleted)")
	astray := "astray: has a rule database open that was removed"
	p.wants("after it was removed", map[string]string{units.Worker(1): astray, units.Worker(2): astray})
	p.set(units.PolicyLoader, func(o *units.Observed) { o.Since = time.Unix(1000, 0) })
	p.set(units.Worker(1), func(o *units.Observed) { o.Began = time.Unix(1001, 0) })
	p.wants("of a worker that began after the rules were loaded", map[string]string{units.Worker(1): astray, units.Worker(2): astray,
		units.PolicyLoader: "rules-gone: the rule database is not the one that was loaded"})
	p.mapped("what no one understands")
	p.wants("with another answer", nil)
}

// A worker is asked what it has mapped when that can be something else than it was: on
// a file system where a file is known by its number.
func TestWorkersAreAskedWhatTheyHaveMappedOnce(t *testing.T) {
	p := newPlaceIn(t, "/dev/shm")
	if !identify(p.database()).plain {
		t.Fatal("/dev/shm is no tmpfs, as the run directory is")
	}
	read := func(when string, want int) {
		t.Helper()
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.read != want {
			t.Errorf("%s: asked %d times, want %d", when, p.read, want)
		}
		p.read = 0
	}
	line := p.line()
	p.mapped(line)
	p.wants("at first", nil)
	read("at first", 2)
	p.wants("again", nil)
	read("again", 0)
	p.set(units.Worker(1), func(o *units.Observed) { o.InvocationID = "b" })
	p.wants("after a restart", nil)
	read("after a restart", 1)
	// The file is another one, and the workers have not opened it.
	if err := os.Remove(p.database()); err != nil {
		t.Fatal(err)
	}
	p.write(8, 4)
	p.mapped(line + " (deleted)")
	astray := "astray: has a rule database open that was removed"
	want := map[string]string{units.Worker(1): astray, units.Worker(2): astray,
		units.PolicyLoader: "rules-gone: the rule database is not the one that was loaded"}
	p.wants("after it was replaced", want)
	read("after it was replaced", 2)
	p.wants("still", want)
	read("of what is wrong", 2)
}

// A sign of life is asked for in any case.
func TestAWorkerThatWasAskedIsMissed(t *testing.T) {
	p := newPlaceIn(t, "/dev/shm")
	p.mapped(p.line())
	p.wants("at first", nil)
	if err := os.Remove(p.control("1")); err != nil {
		t.Fatal(err)
	}
	p.wants("without a control socket", map[string]string{units.Worker(1): "mute: does not answer on its control socket, which is gone"})
}

// A manager that ends gives up its look: that says nothing of workers.
func TestALookThatIsGivenUpFindsNoFault(t *testing.T) {
	p := newPlace(t)
	ctx, cancel := context.WithCancel(t.Context())
	p.eye.o.Worker = func(ctx context.Context, _ string) (kresd.Seen, error) {
		cancel()
		<-ctx.Done()
		return kresd.Seen{}, ctx.Err()
	}
	p.eye.Look(ctx, &p.live)
	if len(p.live.Faults) != 0 {
		t.Errorf("faults: %v", p.live.Faults)
	}
}

func TestAFrozenWorkerIsToldOnceItIsThawed(t *testing.T) {
	p := newPlace(t)
	freezer := func(state string) { p.set(units.Worker(2), func(o *units.Observed) { o.FreezerState = state }) }
	freezer("frozen")
	if err := os.Remove(p.control("2")); err != nil { // it is not asked
		t.Fatal(err)
	}
	p.wants("while it is frozen", nil)
	freezer("running")
	p.serve("2")
	p.wants("when it is thawed", map[string]string{units.Worker(2): "untold: was frozen and may not know of the rules in force"})
	p.eye.Took(units.Step{Kind: units.Reset, Unit: units.Worker(2)})
	p.wants("when it was told", nil)
	freezer("frozen")
	p.wants("once more", nil)
	freezer("running")
	p.set(units.Worker(2), func(o *units.Observed) { o.InvocationID = "b" })
	p.wants("when it was restarted", nil)
}

func TestTheGround(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(p *place, api string) error
		want []string
	}{
		{"all there", func(*place, string) error { return nil }, nil},
		{"the socket was unlinked", func(_ *place, api string) error { return os.Remove(api) }, []string{"/api.sock, the socket of the API, is gone"}},
		{"the socket was replaced", func(p *place, api string) error {
			_ = os.Rename(api, api+"~")
			l, err := net.Listen("unix", api)
			if err == nil {
				p.t.Cleanup(func() { l.Close() })
			}
			return err
		}, []string{"/api.sock, the socket of the API, was replaced by another one"}},
		{"a link in place of the socket", func(_ *place, api string) error {
			_ = os.Rename(api, api+"~")
			return os.Symlink(api+"~", api)
		}, []string{"/api.sock, the socket of the API, is gone"}},
		{"a directory", func(p *place, _ string) error { return os.RemoveAll(filepath.Join(p.dir, "control")) }, []string{"/control is gone"}},
		{"a file in place of a directory", func(p *place, _ string) error {
			_ = os.RemoveAll(filepath.Join(p.dir, "work"))
			return os.WriteFile(filepath.Join(p.dir, "work"), nil, 0o600)
		}, []string{"/work is no directory"}},
		{"all of it", func(p *place, _ string) error { return os.RemoveAll(p.dir) }, []string{" is gone", "/api.sock, the socket of the API, is gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			api := filepath.Join(p.dir, "api.sock")
			l, err := net.Listen("unix", api)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			p.eye.Serve(api)
			if err := c.do(p, api); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range p.eye.Ground() {
				got = append(got, strings.TrimPrefix(l.Why, p.dir))
				if l.Cost == "" || l.Socket != (l.Path == api) {
					t.Errorf("%+v", l)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("of another owner", func(t *testing.T) {
		p := newPlace(t)
		p.eye.o.Directories = Directories(p.dir, os.Getuid(), os.Getuid()+1)
		lost := p.eye.Ground()
		if len(lost) != 2 || !strings.Contains(lost[0].Why, "/control belongs to user ") {
			t.Errorf("%+v", lost)
		}
	})
}
