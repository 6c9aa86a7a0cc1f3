// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// mapped is how much of a file is mapped, by proc_pid_smaps(5): "0 kB".
func mapped(t *testing.T, file string) string {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(smaps), " "+file+"\n")
	_, after, ok := strings.Cut(after, "\nRss:")
	if !found || !ok {
		t.Fatalf("%s is not mapped", file)
	}
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}

func TestUnmap(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a program")
	text := bytes.Repeat([]byte("0123456789abcdef"), 64<<10/16)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := unix.Mmap(int(f.Fd()), 0, len(text), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(m) }()
	if !bytes.Equal(m, text) || mapped(t, file) != "64 kB" {
		t.Fatalf("after reading all of it: %s", mapped(t, file))
	}
	advise(file, unix.MADV_DONTNEED)
	if got := mapped(t, file); got != "0 kB" {
		t.Errorf("%s are mapped", got)
	}
	if !bytes.Equal(m, text) {
		t.Error("what comes back is something else")
	}
}

func TestOnlyWhatCannotHaveChangedIsUnmapped(t *testing.T) {
	const maps = `00400000-00a9a000 r-xp 00000000 00:2a 17 /usr/lib/a program
00a9a000-01130000 r--p 0069a000 00:2a 17 /usr/lib/a program
01130000-011b2000 rw-p 00d30000 00:2a 17 /usr/lib/a program
011b2000-031f7000 rw-p 00000000 00:00 0
7fcc40a00000-7fcc40a0d000 r-xp 00000000 00:2a 18 /usr/lib/another
7fcc40b00000-7fcc40b0d000 r--s 00000000 00:2a 17 /usr/lib/a program
x-y r-xp 00000000 00:2a 17 /usr/lib/a program
`
	want := []mapping{{0x400000, 0xa9a000}, {0xa9a000, 0x1130000}}
	if diff := cmp.Diff(want, unchanged(maps, "/usr/lib/a program"), cmp.AllowUnexported(mapping{})); diff != "" {
		t.Error(diff)
	}
}

func TestTheHeapMayGrowMoreAtWork(t *testing.T) {
	percent := func() int { p := debug.SetGCPercent(1); debug.SetGCPercent(p); return p }
	before := percent()
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "")
	Now()
	if got := percent(); got != atRest {
		t.Errorf("at rest: %d", got)
	}
	Work()
	if got := percent(); got != atWork {
		t.Errorf("at work: %d", got)
	}
	t.Setenv("GOGC", "70")
	Now()
	if got := percent(); got != atWork {
		t.Errorf("what an administrator has set is %d", got)
	}
}

// working has the heap be as while there is work, until the test ends.
func working(t *testing.T) {
	t.Helper()
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(atWork)
	t.Cleanup(func() { debug.SetGCPercent(before) })
}

func TestTimer(t *testing.T) {
	working(t)
	rested := func() bool { p := debug.SetGCPercent(atWork); return p == atRest }
	synctest.Test(t, func(t *testing.T) {
		timer := NewTimer(10 * time.Second)
		defer timer.Stop()
		for range 3 {
			time.Sleep(9 * time.Second)
			timer.Done()
		}
		if rested() {
			t.Error("it rests in the middle of something")
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if !rested() {
			t.Error("it does not rest")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if rested() {
			t.Error("it rests again without a reason")
		}
		timer.Looked()
		if !rested() {
			t.Error("it does not rest after a look at once")
		}
		time.Sleep(time.Second)
		timer.Looked()
		if rested() {
			t.Error("it rests after each of many looks")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if !rested() {
			t.Error("it does not rest after many looks")
		}
		timer.Done()
		timer.Looked()
		if rested() {
			t.Error("it rests although someone has asked for something")
		}
	})
}

// giving returns a timer, and how often it has given pages back.
func giving(t *testing.T) (*Timer, func() int) {
	t.Helper()
	var given atomic.Int64
	timer := NewTimer(10 * time.Second)
	t.Cleanup(timer.Stop)
	timer.pages = func() { given.Add(1) }
	return timer, func() int {
		synctest.Wait()
		return int(given.Load())
	}
}

func TestPagesAreGivenBackInTheMiddleOfWork(t *testing.T) {
	working(t)
	synctest.Test(t, func(t *testing.T) {
		timer, given := giving(t)
		for began := time.Now(); time.Since(began) < 35*time.Second; { // no pause is long enough
			time.Sleep(settleTime / 2)
			timer.Done()
		}
		if n := given(); n != 3 {
			t.Errorf("given back %d times in 35 s of work", n)
		}
		if p := debug.SetGCPercent(atWork); p != atWork {
			t.Error("the heap was collected in the middle of work")
		}
	})
}

func TestPagesAreGivenBackInPauses(t *testing.T) {
	working(t)
	synctest.Test(t, func(t *testing.T) {
		timer, given := giving(t)
		for i := range 35 { // as one who scrapes
			time.Sleep(time.Second)
			timer.Done()
			if n := given(); n != i {
				t.Fatalf("given back %d times when request %d is answered", n, i+1)
			}
			time.Sleep(2 * settleTime)
			if n := given(); n != i+1 {
				t.Fatalf("given back %d times after request %d", n, i+1)
			}
		}
		if p := debug.SetGCPercent(atWork); p != atWork {
			t.Error("the heap was collected in the middle of work")
		}
		time.Sleep(time.Minute) // at the end, all
		was := given()
		for range 100 { // pauses that are soon after each other
			timer.Done()
			time.Sleep(2 * settleTime)
		}
		if n := given() - was; n < 2 || n > 3 {
			t.Errorf("given back %d times in a second of pauses", n)
		}
		time.Sleep(time.Minute)
		was = given()
		timer.Done()
		time.Sleep(2 * settleTime)
		timer.Done() // too soon for once more, but not forgotten
		time.Sleep(settleRest)
		if n := given() - was; n != 2 {
			t.Errorf("given back %d times after a request that follows another one", n)
		}
		timer.Looked() // soon after a request
		time.Sleep(settleRest)
		if n := given() - was; n != 3 {
			t.Errorf("given back %d times after a look that follows", n)
		}
	})
}

func TestPagesAreGivenBackAfterAnAct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timer, given := giving(t)
		time.Sleep(timer.quiet / 2)
		if n := given(); n != 0 {
			t.Error("pages are given back in the middle of the start")
		}
		timer.Done()
		if n := given(); n != 0 {
			t.Error("pages are given back after a question at once")
		}
		timer.Acted()
		timer.Acted()
		if n := given(); n != 2 {
			t.Errorf("given back %d times after two acts", n)
		}
		timer.Done()
		if n := given(); n != 2 {
			t.Error("pages are given back after a question that follows an act")
		}
		time.Sleep(2 * settleTime)
		if n := given(); n != 3 {
			t.Errorf("given back %d times after the answers to two acts", n)
		}
		time.Sleep(time.Minute)
		timer.Acted()
		if n := given(); n != 4 {
			t.Errorf("given back %d times after an act that follows a pause", n)
		}
	})
}

func TestSmall(t *testing.T) {
	Small()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat("/sys/kernel/mm/transparent_hugepage")
	advised := strings.Count(string(smaps), " nh ") // VmFlags: in proc_pid_smaps(5)
	if want := len(unchanged(mapsOf(t), program())); err == nil && (want == 0 || advised < want) {
		t.Errorf("%d of %d mappings of the program are without huge pages", advised, want)
	}
}

func mapsOf(t *testing.T) string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return string(maps)
}
