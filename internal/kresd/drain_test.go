// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// long leaves it to the context how long to wait.
var long = DrainOptions{Deadline: time.Minute}

func TestTheLastWorkerOnItsAddressKeepsIt(t *testing.T) {
	dir, a := shortDir(t), free(t, "127.0.0.1")
	r := newResolver(t, dir, "1", a)
	d, err := Drain(patient(t), dir, "1", long)
	if err != nil || d.Kept != 1 || d.Sockets != 0 || len(r.drained) > 0 {
		t.Errorf("drain: %+v %v, sockets %q", d, err, r.drained)
	}
}

func TestTheLastWorkerDoesNotWaitForQueriesThatNeverEnd(t *testing.T) {
	dir, a := shortDir(t), free(t, "127.0.0.1")
	newResolver(t, dir, "1", a).pending = -1
	ctx := patient(t)
	if d, err := Drain(ctx, dir, "1", long); err != nil || d.Complete || ctx.Err() != nil {
		t.Errorf("drain: %+v %v, %v", d, err, ctx.Err())
	}
}

// A datagram after the drain goes to the worker that stays.
func TestAnotherWorkerTakesOver(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1", "0.0.0.0", "::"} {
		t.Run(addr, func(t *testing.T) {
			dir, a := shortDir(t), free(t, addr)
			r, other := newResolver(t, dir, "1", a), newResolver(t, dir, "2", a)
			r.pending = 3
			d, err := Drain(patient(t), dir, "1", long)
			if err != nil || d.Sockets != 1 || d.Kept != 0 || !d.Complete {
				t.Fatalf("drain: %+v %v", d, err)
			}
			to := netip.AddrPortFrom(a.Addr(), a.Port())
			if a.Addr().IsUnspecified() {
				to = netip.AddrPortFrom(map[string]netip.Addr{"0.0.0.0": netip.MustParseAddr("127.0.0.1"), "::": netip.IPv6Loopback()}[addr], a.Port())
			}
			for i := range 20 { // each from another port, so that chance would hit both
				from := udp(t, netip.AddrPortFrom(to.Addr(), 0))
				if err := unix.Sendto(from, []byte{byte(i)}, 0, sockaddr(to)); err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, 1)
				_, _ = unix.Poll([]unix.PollFd{{Fd: int32(other.fds[0]), Events: unix.POLLIN}}, 10_000) // a busy kernel delivers later
				if n, _, err := unix.Recvfrom(other.fds[0], buf, unix.MSG_DONTWAIT); err != nil || n != 1 {
					t.Fatalf("datagram %d did not come to the worker that stays: %v", i, err)
				}
			}
		})
	}
}

func TestOnlyAddressesThatOthersServeAreLeft(t *testing.T) {
	dir, shared, alone := shortDir(t), free(t, "127.0.0.1"), free(t, "127.0.0.1")
	r := newResolver(t, dir, "1", shared, alone)
	newResolver(t, dir, "2", shared)
	d, err := Drain(patient(t), dir, "1", long)
	if err != nil || d.Sockets != 1 || d.Kept != 1 {
		t.Errorf("drain: %+v %v", d, err)
	}
	if len(r.drained) != 1 || r.drained[0] != strconv.Itoa(r.fds[0]) {
		t.Errorf("drained %q of %d", r.drained, r.fds)
	}
}

// Two sockets of one worker on one address do not stand in for each other.
func TestAWorkerDoesNotCountItself(t *testing.T) {
	dir, a := shortDir(t), free(t, "127.0.0.1")
	newResolver(t, dir, "1", a, a)
	if d, err := Drain(patient(t), dir, "1", long); err != nil || d.Sockets != 0 || d.Kept != 2 {
		t.Errorf("drain: %+v %v", d, err)
	}
}

// A worker that drains already serves no one any more.
func TestAWorkerThatDrainsIsNoOther(t *testing.T) {
	dir, a := shortDir(t), free(t, "127.0.0.1")
	newResolver(t, dir, "1", a)
	newResolver(t, dir, "2", a)
	first, err := Drain(patient(t), dir, "1", long)
	if err != nil || first.Sockets != 1 {
		t.Fatalf("first drain: %+v %v", first, err)
	}
	if d, err := Drain(patient(t), dir, "2", long); err != nil || d.Sockets != 0 || d.Kept != 1 {
		t.Errorf("second drain: %+v %v", d, err)
	}
}

func TestOfTwoWorkersThatDrainAtOnceOneStays(t *testing.T) {
	for range 10 {
		dir, a := shortDir(t), free(t, "127.0.0.1")
		var drains [2]Drained
		var all sync.WaitGroup
		for i := range drains {
			newResolver(t, dir, strconv.Itoa(i), a)
		}
		for i := range drains {
			all.Go(func() {
				var err error
				if drains[i], err = Drain(patient(t), dir, strconv.Itoa(i), long); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if drains[0].Sockets+drains[1].Sockets != 1 || drains[0].Kept+drains[1].Kept != 1 {
			t.Fatalf("drains: %+v", drains)
		}
	}
}

func TestSocketsOfOtherUsersServeNoOneOfOurs(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a socket away")
	}
	dir, a := shortDir(t), free(t, "127.0.0.1")
	newResolver(t, dir, "1", a)
	other := udp(t, a)
	if err := unix.Fchown(other, 65534, -1); err != nil {
		t.Fatal(err)
	}
	if d, err := Drain(patient(t), dir, "1", long); err != nil || d.Kept != 1 {
		t.Errorf("drain: %+v %v", d, err)
	}
}

func TestADrainThatRunsOutOfTimeIsIncompleteAndNoError(t *testing.T) {
	t.Parallel()
	dir, a := shortDir(t), free(t, "127.0.0.1")
	newResolver(t, dir, "1", a).pending = -1
	newResolver(t, dir, "2", a)
	d, err := Drain(soon(t), dir, "1", long)
	if err != nil || d.Complete || d.Sockets != 1 || d.Took <= 0 {
		t.Errorf("drain: %+v %v", d, err)
	}
}

func TestAWorkerThatHangsWhileItDrainsIsIncompleteAndNoError(t *testing.T) {
	t.Parallel()
	dir, a := shortDir(t), free(t, "127.0.0.1")
	udp(t, a)
	r := &resolver{fds: []int{udp(t, a)}, names: []string{kernelName(a)}}
	block := make(chan struct{})
	serve(t, dir, "1", &worker{answer: func(line string) string {
		if line == "kresd_manager.drained()" {
			<-block
		}
		return r.answer(line)
	}})
	t.Cleanup(func() { close(block) })
	if d, err := Drain(soon(t), dir, "1", long); err != nil || d.Complete || d.Sockets != 1 {
		t.Errorf("drain: %+v %v", d, err)
	}
}

func TestADrainWaitsForTheLockUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	dir, a := shortDir(t), free(t, "127.0.0.1")
	r := newResolver(t, dir, "1", a)
	newResolver(t, dir, "2", a)
	unlock, err := lock(t.Context(), drainLock(dir))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := Drain(soon(t), dir, "1", long); err == nil || !strings.Contains(err.Error(), "drain.lock") || len(r.drained) > 0 {
		t.Errorf("drain: %+v %v", d, err)
	}
	unlock()
	if d, err := Drain(patient(t), dir, "1", long); err != nil || d.Sockets != 1 {
		t.Errorf("drain: %+v %v", d, err)
	}
}

func TestAWorkerWithoutUDPSocketsIsDrained(t *testing.T) {
	dir := shortDir(t)
	newResolver(t, dir, "1")
	if d, err := Drain(patient(t), dir, "1", long); err != nil || !d.Complete {
		t.Errorf("drain: %+v %v", d, err)
	}
}

func TestSocketsThatCannotBeConnectedAreAnError(t *testing.T) {
	dir, a := shortDir(t), free(t, "127.0.0.1")
	udp(t, a)
	fd := udp(t, a)
	serve(t, dir, "1", &worker{answer: func(line string) string {
		switch {
		case line == "kresd_manager.sockets()":
			return fmt.Sprintf("[[%d,%q]]", fd, kernelName(a))
		case strings.HasPrefix(line, "kresd_manager.listeners "):
			return "{}"
		case drainCall.MatchString(line):
			return "1"
		}
		return "true"
	}})
	if d, err := Drain(patient(t), dir, "1", long); err == nil || !strings.Contains(err.Error(), "1 of 1 sockets") {
		t.Errorf("drain: %+v %v", d, err)
	}
}

func TestADrainOfAWorkerThatIsNotThereIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := Drain(ctx, shortDir(t), "1", long); err == nil {
		t.Error("no error")
	}
}

// Over TCP an address is left to others like one over UDP, each by itself.
func TestListenersAreLeftToOthers(t *testing.T) {
	dir, a, dot := shortDir(t), free(t, "127.0.0.1"), free(t, "127.0.0.1")
	r, other := newResolver(t, dir, "1", a), newResolver(t, dir, "2", a)
	r.listens(t, a)
	r.listens(t, dot)
	other.listens(t, a)
	r.clients = 7
	d, err := Drain(patient(t), dir, "1", long)
	if err != nil || d.Sockets != 2 || d.Kept != 1 || d.Connections != 7 {
		t.Errorf("drain: %+v %v", d, err)
	}
	if len(r.left) != 1 || r.left[0] != strconv.Itoa(r.streams[0]) {
		t.Errorf("left %q of %d", r.left, r.streams)
	}
	// What does not listen any more is no other.
	if d, err := Drain(patient(t), dir, "2", long); err != nil || d.Sockets != 0 || d.Kept != 2 {
		t.Errorf("drain of the other: %+v %v", d, err)
	}
}

func TestConnectionsThatAreNeverQuietAreGivenUpInTime(t *testing.T) {
	t.Parallel()
	dir, a := shortDir(t), free(t, "127.0.0.1")
	r, other := newResolver(t, dir, "1"), newResolver(t, dir, "2")
	r.listens(t, a)
	other.listens(t, a)
	r.clients, r.pending = 1, -1
	d, err := Drain(patient(t), dir, "1", DrainOptions{Deadline: 200 * time.Millisecond})
	if err != nil || d.Complete || !r.hurried {
		t.Errorf("drain: %+v %v, told to hurry %t", d, err, r.hurried)
	}
}

// Two workers are restarted at once: the second waits for the first.
func TestTheLastWorkerWaitsForOneThatComesBack(t *testing.T) {
	dir, a := shortDir(t), free(t, "127.0.0.1")
	r := newResolver(t, dir, "1", a)
	asked := 0
	d, err := Drain(patient(t), dir, "1", DrainOptions{Deadline: time.Minute, Patience: time.Minute,
		Returning: func(context.Context) (bool, error) {
			if asked++; asked == 2 {
				newResolver(t, dir, "2", a)
			}
			return true, nil
		}})
	if err != nil || d.Sockets != 1 || d.Kept != 0 || !d.Complete || asked < 2 || len(r.drained) != 1 {
		t.Errorf("drain: %+v %v, asked %d times", d, err, asked)
	}
}

func TestTheLastWorkerDoesNotWaitForNoOne(t *testing.T) {
	for name, c := range map[string]struct {
		patience time.Duration
		returns  []bool
		err      error
	}{
		"no one comes back":           {time.Minute, []bool{false}, nil},
		"someone did not come back":   {time.Minute, []bool{true, true, false}, nil},
		"no one can tell":             {time.Minute, []bool{true}, errors.New("no bus")},
		"someone takes too much time": {20 * time.Millisecond, []bool{true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir, shared, alone := shortDir(t), free(t, "127.0.0.1"), free(t, "127.0.0.1")
			newResolver(t, dir, "1", shared, alone)
			newResolver(t, dir, "2", shared)
			asked := 0
			ctx := patient(t)
			d, err := Drain(ctx, dir, "1", DrainOptions{Deadline: time.Minute, Patience: c.patience,
				Returning: func(context.Context) (bool, error) {
					asked++
					return c.returns[min(asked, len(c.returns))-1], c.err
				}})
			// What it can leave it leaves all the same.
			if err != nil || ctx.Err() != nil || d.Sockets != 1 || d.Kept != 1 || asked < len(c.returns) {
				t.Errorf("drain: %+v %v, asked %d times", d, err, asked)
			}
		})
	}
}

func TestNoOneIsAskedForWhereOthersServe(t *testing.T) {
	dir, a := shortDir(t), free(t, "127.0.0.1")
	newResolver(t, dir, "1", a)
	newResolver(t, dir, "2", a)
	d, err := Drain(patient(t), dir, "1", DrainOptions{Deadline: time.Minute, Patience: time.Minute,
		Returning: func(context.Context) (bool, error) { t.Error("asked"); return false, nil }})
	if err != nil || d.Sockets != 1 {
		t.Errorf("drain: %+v %v", d, err)
	}
}

// A worker whose control socket is lost is restarted for that, and would lose
// queries if it could not be drained. What was put into the place of the socket may
// be the one of another worker, which must not be drained in its place.
func TestAWorkerIsDrainedByItsSpareSocket(t *testing.T) {
	for name, lose := range map[string]func(dir string) error{
		"gone": func(dir string) error { return os.Remove(Socket(dir, "1")) },
		"another worker's now": func(dir string) error {
			return errors.Join(os.Remove(Socket(dir, "1")), os.Symlink(Socket(dir, "2"), Socket(dir, "1")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, a := shortDir(t), free(t, "127.0.0.1")
			r, other := newResolver(t, dir, "1", a), newResolver(t, dir, "2", a)
			o := long
			o.Spare = Socket(dir, "spare")
			if err := errors.Join(os.Link(Socket(dir, "1"), o.Spare), lose(dir)); err != nil {
				t.Fatal(err)
			}
			if name != "gone" {
				o.Process = os.Getppid() // all sockets are of this process
			}
			d, err := Drain(patient(t), dir, "1", o)
			if err != nil || d.Sockets != 1 || !d.Complete || len(r.drained) != 1 || len(other.drained) != 0 {
				t.Errorf("drain: %+v %v, sockets %q and of the other worker %q", d, err, r.drained, other.drained)
			}
			o.Spare = ""
			if _, err := Drain(patient(t), dir, "1", o); err == nil || len(other.drained) != 0 {
				t.Errorf("without a spare socket: %v, the other worker: %q", err, other.drained)
			}
		})
	}
}
