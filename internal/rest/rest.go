// SPDX-License-Identifier: Apache-2.0

// Package rest gives back what a program took to do something, once it only waits.
package rest

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// How much a heap may grow before it is collected, in percent: at rest there is little
// of it, which costs little to collect often; in the middle of large work collecting
// would be most of the work.
const (
	atRest = 50
	atWork = 100
)

// Heap returns to the kernel the memory of the heap that nothing uses. It is safe for
// concurrent use.
func Heap() {
	tune(atRest)
	debug.FreeOSMemory()
}

// Now is Heap, and has the kernel forget the mapped pages of the program itself: what
// is needed of them comes back from the page cache within a millisecond or two. To
// start and to change something runs through most of a program, to wait through little
// of it; and pages of programs that are mapped are those that the kernel reclaims last.
func Now() {
	Heap()
	pages()
}

func pages() { advise(program(), unix.MADV_DONTNEED) }

// Small has the kernel map the pages of the program itself as they are needed: a page
// cache of large folios, as a file has that was written a while ago, is otherwise mapped
// 2 MiB at a time, and a program is small enough to be there as a whole then. Kernels
// without huge pages refuse the advice, and need none (madvise(2)).
func Small() {
	file := program()
	advise(file, unix.MADV_NOHUGEPAGE)
	advise(file, unix.MADV_DONTNEED) // what has been mapped by now
}

// program is the file of this process, "" if that cannot be known.
func program() string {
	file, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return ""
	}
	return file
}

// Work means that something large may follow, until the next Heap.
func Work() { tune(atWork) }

// tune leaves an administrator's own setting alone.
func tune(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// advise tells the kernel something about where pages of a file are mapped that cannot
// have been written to. What it forgets of them stays in the page cache (MADV_DONTNEED).
func advise(file string, advice uintptr) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for _, m := range unchanged(string(maps), file) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, advice)
	}
}

// mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// unchanged returns the mappings of a file that are private and not for writing, by
// proc_pid_maps(5).
func unchanged(maps, file string) (all []mapping) {
	for line := range strings.Lines(maps) {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "r-xp" && f[1] != "r--p" || strings.Join(f[5:], " ") != file {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		a, errA := strconv.ParseUint(from, 16, strconv.IntSize)
		b, errB := strconv.ParseUint(to, 16, strconv.IntSize)
		if errA == nil && errB == nil && a < b {
			all = append(all, mapping{uintptr(a), uintptr(b)})
		}
	}
	return all
}

// How soon after something was done the pages of the program are given back, if nothing
// follows, and how often at most: to have them again takes a processor up to a millisecond.
const (
	settleTime = 5 * time.Millisecond
	settleRest = 500 * time.Millisecond
)

// Timer rests when nothing was done for a while, and gives the pages of the program back
// sooner. It is safe for concurrent use.
type Timer struct {
	quiet  time.Duration
	timer  *time.Timer
	settle *time.Timer
	pages  func() // gives back what is cheap to have again

	mu     sync.Mutex
	runs   bool
	acted  bool      // since settle has fired
	rested time.Time // after a look
	last   time.Time // when pages were given back, but for looks
}

// NewTimer returns a timer that runs. It wakes no one as long as nothing is done.
func NewTimer(quiet time.Duration) *Timer {
	t := &Timer{quiet: quiet, pages: pages, runs: true, last: time.Now()}
	t.timer = time.AfterFunc(quiet, func() {
		t.mu.Lock()
		t.runs, t.last = false, time.Now()
		t.mu.Unlock()
		Now()
	})
	t.settle = time.AfterFunc(quiet, t.settled)
	t.settle.Stop() // the start is no pause
	return t
}

// Done means that something was done, after which more may come. Who asks for something
// every second leaves no quiet moment, but pauses: in them the pages of the program are
// given back. Where there are none either, those that only other work has needed are given
// back in the middle, as often as if there were some. The heap is not: to collect a large
// one is much of the work on it.
func (t *Timer) Done() {
	t.mu.Lock()
	due := t.runs && time.Since(t.last) >= t.quiet
	t.runs = true
	t.timer.Reset(t.quiet)
	t.pause()
	if due {
		t.last = time.Now()
	}
	t.mu.Unlock()
	if due {
		t.pages()
	}
}

// pause has the pages given back in the next pause: after an act in that after its answer
// and events, which have needed some. Call it with mu.
func (t *Timer) pause() {
	settle := settleTime
	if !t.acted {
		settle = max(settle, settleRest-time.Since(t.last))
	}
	t.settle.Reset(settle)
}

// settled gives the pages back in a pause.
func (t *Timer) settled() {
	t.mu.Lock()
	t.acted, t.last = false, time.Now()
	t.mu.Unlock()
	t.pages()
}

// Acted is Done after what runs through most of the program, and had others wait for longer
// than it takes to have the pages again: those that only it has needed are given back at once.
func (t *Timer) Acted() {
	t.mu.Lock()
	t.runs, t.acted, t.last = true, true, time.Time{}
	t.mu.Unlock()
	t.Done()
}

// Looked means that something was done that no one asked for: if no one asked for
// anything else either, it is time to rest again, and not to be woken for that later.
// Looks that come soon after each other are work like any other.
func (t *Timer) Looked() {
	t.mu.Lock()
	runs, soon := t.runs, time.Since(t.rested) < 2*t.quiet
	if runs {
		t.pause()
	} else {
		t.rested = time.Now()
	}
	t.mu.Unlock()
	switch {
	case runs:
	case soon:
		t.Done()
	default:
		Now()
	}
}

// Stop ends the timer.
func (t *Timer) Stop() {
	t.timer.Stop()
	t.settle.Stop()
}
